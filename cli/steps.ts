/** Where a command's progress goes; one line per call. */
export type Print = (line: string) => void;

/** `1.4 s`, `2 min 05 s`: how long something took, for people. */
export function formatDuration(durationMs: number): string {
  const seconds = durationMs / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return `${minutes} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
}

/** The numbered steps of a long command: each prints when it begins, what it says meanwhile, and what it cost. */
export class Steps {
  readonly #startedAt = Date.now();
  readonly #print: Print;
  readonly #of: number;
  #step = 0;

  constructor(of: number, print: Print) {
    this.#of = of;
    this.#print = print;
  }

  /** Milliseconds since the command began. */
  get elapsedMs(): number {
    return Date.now() - this.#startedAt;
  }

  /** Runs one step; `say` prints a line under it; the returned text of `done` ends its last line. */
  async run<T>(title: string, work: (say: Print) => Promise<T>, done: (result: T) => string = () => "done"): Promise<T> {
    const label = `[${++this.#step}/${this.#of}] ${title}`;
    const startedAt = Date.now();
    this.#print(label);
    try {
      const result = await work((line) => this.#print(`      ${line}`));
      this.#print(`${label}: ${done(result)} (${formatDuration(Date.now() - startedAt)})`);
      return result;
    } catch (error) {
      this.#print(`${label}: failed after ${formatDuration(Date.now() - startedAt)}`);
      throw error;
    }
  }
}
