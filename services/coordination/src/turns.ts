import { problem } from "../../kit/src";

/**
 * Lets work on the same thing take turns within this process, so that only other processes can be in its way. First
 * come, first served.
 */
export class Turns {
  readonly #limit: number;
  readonly #waiting = new Map<string, { last: Promise<unknown>; count: number }>();

  /** @param limit on work of one key that waits or is under way */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws Problem 503 when too much waits already; whatever `work` throws. */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const queue = this.#waiting.get(key) ?? { last: Promise.resolve(), count: 0 };
    if (queue.count >= this.#limit) {
      throw problem("unavailable", `${this.#limit} changes of '${key}' are waiting already; try again`, { headers: { "retry-after": "1" } });
    }
    this.#waiting.set(key, queue);
    queue.count += 1;
    const turn = queue.last.then(work);
    queue.last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      queue.count -= 1;
      if (queue.count === 0) this.#waiting.delete(key);
    }
  }
}
