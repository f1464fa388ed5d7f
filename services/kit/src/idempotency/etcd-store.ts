import { createHash, randomUUID } from "node:crypto";
import { absent, put, read, unchangedSince } from "../etcd";
import type { EtcdClient } from "../etcd";
import { KEPT_S, begunFrom } from "./store";
import type { BeginArgs, Begun, EndArgs, IdempotencyStore, Kept, KeptAnswer, KeyOf } from "./store";

/** Keeps answers below a service's own prefix; etcd's leases end claims and answers. */
export class EtcdIdempotencyStore implements IdempotencyStore {
  readonly #etcd: EtcdClient;
  readonly #prefix: string;
  readonly #claimS: number;

  /**
   * @param prefix with its last slash
   * @param claimS see `claimSeconds`
   */
  constructor(etcd: EtcdClient, prefix: string, claimS: number) {
    this.#etcd = etcd;
    this.#prefix = prefix;
    this.#claimS = claimS;
  }

  async begin(args: BeginArgs): Promise<Begun> {
    const { fingerprint, signal } = args;
    const path = this.#pathOf(args);
    const id = randomUUID();
    const lease = await this.#etcd.grantLease(this.#claimS, { signal });
    const kept: Kept = { fingerprint, claim: id };
    // Made twice it ends the same: the second time finds our own id.
    const outcome = await this.#etcd.txn(
      { when: [absent(path)], then: [put(path, JSON.stringify(kept), lease)], otherwise: [read(path)], repeatable: "idempotent" },
      { signal },
    );
    if (outcome.succeeded) return { state: "fresh", claim: claimOf(id, lease, outcome.revision) };
    const entry = outcome.reads[0]?.[0];
    const found = entry === undefined ? undefined : (JSON.parse(entry.value) as Kept);
    if (entry !== undefined && found?.claim === id) return { state: "fresh", claim: claimOf(id, lease, entry.modRevision) };
    await this.#etcd.revokeLease(lease, { signal });
    // It ended between the condition and the reading: so it did for whoever held it, and the next try is fresh.
    return found === undefined ? { state: "in-progress" } : begunFrom(found, fingerprint);
  }

  async finish(args: EndArgs, answer: KeptAnswer): Promise<void> {
    const path = this.#pathOf(args);
    const { id, lease, revision } = parseClaim(args.claim);
    const kept: Kept = { fingerprint: args.fingerprint, claim: id, answer };
    const longer = await this.#etcd.grantLease(KEPT_S);
    const { succeeded } = await this.#etcd.txn({ when: [unchangedSince(path, revision)], then: [put(path, JSON.stringify(kept), longer)] });
    await this.#etcd.revokeLease(succeeded ? lease : longer);
  }

  async abandon(args: EndArgs): Promise<void> {
    // The key goes with its lease.
    await this.#etcd.revokeLease(parseClaim(args.claim).lease);
  }

  /** Keys come from callers and may hold anything, slashes included. */
  #pathOf({ scope, key }: KeyOf): string {
    return `${this.#prefix}${scope}/${createHash("sha256").update(key).digest("hex")}`;
  }
}

function claimOf(id: string, lease: bigint, revision: bigint): string {
  return `${id} ${lease} ${revision}`;
}

function parseClaim(claim: string): { readonly id: string; readonly lease: bigint; readonly revision: bigint } {
  const [id = "", lease = "0", revision = "0"] = claim.split(" ");
  return { id, lease: BigInt(lease), revision: BigInt(revision) };
}
