import type { Rate, RateLimiter, Verdict } from "./limiter";
import { takeFrom } from "./limiter";

/** Callers that are remembered; the one that was silent longest is forgotten first, and so gets a full bucket. */
export const MAX_CALLERS = 10_000;

/** Limits the requests to this process; so each replica allows the whole rate. */
export class LocalRateLimiter implements RateLimiter {
  readonly #fullAt = new Map<string, number>();
  readonly #now: () => number;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  take(key: string, rate: Rate): Promise<Verdict> {
    const { fullAtMs, ...verdict } = takeFrom(this.#fullAt.get(key), this.#now(), rate);
    // A map keeps the order of insertion: what is put last is forgotten last.
    this.#fullAt.delete(key);
    this.#fullAt.set(key, fullAtMs);
    if (this.#fullAt.size > MAX_CALLERS) {
      const [oldest] = this.#fullAt.keys();
      if (oldest !== undefined) this.#fullAt.delete(oldest);
    }
    return Promise.resolve(verdict);
  }
}
