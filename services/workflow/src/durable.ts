/** The execution was asked to end. Thrown by whatever it was just doing; what it does after that goes on as usual. */
export class Cancelled extends Error {
  override readonly name = "Cancelled";
}

export interface Signal {
  readonly payload: unknown;
}

/**
 * What an execution stands on: each of these happens once, however often the process that runs it is replaced. All but
 * `save` throw Cancelled.
 */
export interface Durable {
  /** Does some work and keeps what it gave; interrupted before that, it is done again. @param name for people who look */
  once<T>(name: string, work: () => Promise<T>): Promise<T>;
  sleep(durationMs: number): Promise<void>;
  /** @returns undefined when the signal did not come in time */
  signal(name: string, timeoutMs: number): Promise<Signal | undefined>;
  /** Shows others how things stand. */
  save(progress: unknown): void;
}
