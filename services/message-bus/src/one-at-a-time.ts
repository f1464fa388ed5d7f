/** Runs work on the same thing one after the other, so that one process is not in its own way in a contended store. */
export class OneAtATime {
  readonly #last = new Map<string, Promise<void>>();

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve();
    const result = before.then(work);
    const done = result.then(() => undefined, () => undefined);
    this.#last.set(name, done);
    try {
      return await result;
    } finally {
      if (this.#last.get(name) === done) this.#last.delete(name);
    }
  }
}
