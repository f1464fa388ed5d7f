import type { EtcdClient } from "../../kit/src/etcd";
import { EtcdError } from "../../kit/src/etcd";

const RENEW_AFTER_MS = 3_600_000;

/**
 * A lease for keys that have to vanish by themselves some day: one an hour and process, shared by all keys of that
 * hour, so that there are few of them.
 */
export class LastingLease {
  readonly #etcd: EtcdClient;
  readonly #atLeastS: number;
  #lease: { readonly id: Promise<bigint>; readonly grantedAt: number } | undefined;

  /** @param atLeastS how long each key lives at the least; at the most it is an hour more */
  constructor(etcd: EtcdClient, atLeastS: number) {
    this.#etcd = etcd;
    this.#atLeastS = atLeastS;
  }

  /** Runs `work` with a lease for its keys. @throws what `work` throws */
  async with<T>(work: (lease: bigint) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#current());
    } catch (error) {
      // A store that was restored knows none of the leases of before; nothing was done then.
      if (!(error instanceof EtcdError && error.code === "lease-not-found")) throw error;
      this.#lease = undefined;
      return work(await this.#current());
    }
  }

  #current(): Promise<bigint> {
    const now = performance.now();
    if (this.#lease === undefined || now - this.#lease.grantedAt > RENEW_AFTER_MS) {
      const id = this.#etcd.grantLease(this.#atLeastS + RENEW_AFTER_MS / 1000);
      const lease = { id, grantedAt: now };
      this.#lease = lease;
      id.catch(() => {
        if (this.#lease === lease) this.#lease = undefined;
      });
    }
    return this.#lease.id;
  }
}
