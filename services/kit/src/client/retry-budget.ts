/** Every call earns this part of a retry: at most 20 % more load when everything fails. */
const EARNED_PER_CALL = 0.2;
/** Retries that can be saved up. */
const MAX_SAVED = 20;
/** A client that calls seldom may retry so often all the same ... */
const MINIMUM = 3;
/** ... and gets that minimum back at this rate. */
const MINIMUM_PER_S = 0.3;

/** Keeps retries to a share of the calls, so that clients do not bury a service that is already failing. */
export class RetryBudget {
  readonly #now: () => number;
  #saved = MINIMUM;
  #at: number;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#at = now();
  }

  called(): void {
    this.#refill();
    this.#saved = Math.min(MAX_SAVED, this.#saved + EARNED_PER_CALL);
  }

  /** @returns whether a retry may be made; it is paid for then. */
  spend(): boolean {
    this.#refill();
    if (this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }

  #refill(): void {
    const now = this.#now();
    if (this.#saved < MINIMUM) this.#saved = Math.min(MINIMUM, this.#saved + ((now - this.#at) / 1000) * MINIMUM_PER_S);
    this.#at = now;
  }
}
