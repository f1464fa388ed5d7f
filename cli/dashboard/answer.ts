/**
 * What is known of one thing. A value stays known when a later question fails: it gets old, and `problem` says why it
 * is not renewed. Nothing here is ever zero because it is not known.
 */
export interface Answer<T> {
  readonly value: T | null;
  /** When the value was true, in milliseconds since 1970; null without a value. */
  readonly atMs: number | null;
  /** Why the last question failed; null when it did not. */
  readonly problem: string | null;
}

/** Asks one question again and again, but never twice at the same time and not more often than it may. */
export class Question<T> {
  readonly #ask: (signal: AbortSignal) => Promise<T>;
  readonly #everyMs: number;
  readonly #timeoutMs: number;
  #answer: Answer<T> = { value: null, atMs: null, problem: null };
  #asking: Promise<void> | undefined;
  #askedAtMs = -Infinity;

  constructor(ask: (signal: AbortSignal) => Promise<T>, limits: { readonly everyMs: number; readonly timeoutMs: number }) {
    this.#ask = ask;
    this.#everyMs = limits.everyMs;
    this.#timeoutMs = limits.timeoutMs;
  }

  /** The newest answer; a new one when the last is older than it may be. Never rejects. */
  async latest(): Promise<Answer<T>> {
    if (this.#asking === undefined && Date.now() - this.#askedAtMs >= this.#everyMs) {
      this.#asking = this.#renew().finally(() => (this.#asking = undefined));
    }
    await this.#asking;
    return this.#answer;
  }

  async #renew(): Promise<void> {
    this.#askedAtMs = Date.now();
    try {
      const value = await this.#ask(AbortSignal.timeout(this.#timeoutMs));
      this.#answer = { value, atMs: Date.now(), problem: null };
    } catch (error) {
      this.#answer = { ...this.#answer, problem: reasonOf(error) };
    }
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "no answer in time";
  // fetch says "fetch failed" and keeps the reason to itself.
  const { cause } = error;
  return cause instanceof Error && cause.message !== "" ? cause.message : error.message;
}
