import type { EtcdClient } from "../../kit/src/etcd";
import { EtcdError } from "../../kit/src/etcd";
import { MAX_WAITING_REQUESTS } from "../limits";

/** Waits of requests for something to come into a folder of etcd; a bounded number at a time. */
export class Arrivals {
  readonly #etcd: EtcdClient;
  #waiting = 0;

  constructor(etcd: EtcdClient) {
    this.#etcd = etcd;
  }

  /** Requests that wait now. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Returns when a key was put below `folder` after `revision`, when `ms` are over or `signal` is aborted. At the
   * limit of waiting requests it returns at once.
   *
   * @returns whether it is of use to look again, and to wait again after that.
   */
  async wait(folder: string, revision: bigint, ms: number, signal: AbortSignal): Promise<boolean> {
    if (ms <= 0 || signal.aborted || this.#waiting >= MAX_WAITING_REQUESTS) return false;
    this.#waiting += 1;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), ms);
    try {
      for await (const change of this.#etcd.watch(folder, { fromRevision: revision + 1n, signal: AbortSignal.any([signal, stop.signal]) })) {
        if (change.kind === "put") return true;
      }
      return !signal.aborted;
    } catch (error) {
      // That revision is no longer kept, so something may have come: the caller looks again.
      if (error instanceof EtcdError && error.code === "compacted") return true;
      throw error;
    } finally {
      clearTimeout(timer);
      stop.abort();
      this.#waiting -= 1;
    }
  }
}
