import { setTimeout as sleep } from "node:timers/promises";
import type { Stream } from "./stream";

/** Senders per stream, so that one request that hangs does not end the stream. */
const SENDERS = 2;
/** Pause of each sender between two requests: the machine has other things to do. */
const PAUSE_MS = 400;

/** One request of the load. */
export interface LoadRequest {
  readonly stream: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Why it failed. */
  readonly error: string | undefined;
}

/** What a stretch of time did to the load. */
export interface Damage {
  readonly requests: number;
  readonly failed: number;
  /** From the first failing request's start to the last one's end; 0 when none failed. */
  readonly durationMs: number;
  /** Streams with a failed request, and how many. */
  readonly streams: ReadonlyMap<string, number>;
}

/** Sends requests of every stream until it is stopped, and remembers how each went. */
export class Load {
  readonly #streams: readonly Stream[];
  readonly #requests: LoadRequest[] = [];
  readonly #senders: Promise<void>[];
  #stopped = false;

  constructor(streams: readonly Stream[]) {
    this.#streams = streams;
    this.#senders = streams.flatMap((stream) => Array.from({ length: SENDERS }, () => this.#run(stream)));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#senders);
  }

  /** Requests that began in a stretch of time. */
  during(from: number, to = Date.now()): Damage {
    const requests = this.#requests.filter(({ startedAt }) => startedAt >= from && startedAt <= to);
    const failed = requests.filter(({ error }) => error !== undefined);
    const counts = new Map<string, number>();
    for (const { stream } of failed) counts.set(stream, (counts.get(stream) ?? 0) + 1);
    return {
      requests: requests.length,
      failed: failed.length,
      durationMs: failed.length === 0 ? 0 : Math.max(...failed.map(({ endedAt }) => endedAt)) - Math.min(...failed.map(({ startedAt }) => startedAt)),
      streams: counts,
    };
  }

  /** Whether each stream has had a success and no failure among its requests that ended since then. */
  isWellSince(since: number): boolean {
    const recent = this.#requests.filter(({ endedAt }) => endedAt >= since);
    return this.#streams.every(({ name }) => {
      const own = recent.filter(({ stream }) => stream === name);
      return own.length > 0 && own.every(({ error }) => error === undefined);
    });
  }

  /** What failed since then, each text once. */
  errorsSince(since: number): string[] {
    return [...new Set(this.#requests.filter(({ startedAt, error }) => startedAt >= since && error !== undefined).map(({ stream, error }) => `${stream}: ${error ?? ""}`))];
  }

  async #run(stream: Stream): Promise<void> {
    while (!this.#stopped) {
      const startedAt = Date.now();
      const error = await stream.send().then(() => undefined, (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)));
      this.#requests.push({ stream: stream.name, startedAt, endedAt: Date.now(), error });
      await sleep(PAUSE_MS);
    }
  }
}
