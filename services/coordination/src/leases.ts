import type { Static } from "typebox";
import { Problem, problem } from "../../kit/src";
import { EtcdError, absent, put, read, unchangedSince } from "../../kit/src/etcd";
import type { Entry, EtcdClient } from "../../kit/src/etcd";
import type { AcquireBody, LeaseView } from "../schemas";
import { leaseKey } from "./keys";
import type { Options } from "./options";

/** A lease as it is stored, under a key that vanishes when the store's own lease ends. */
interface LeaseRecord {
  readonly name: string;
  readonly holder: string;
  readonly ttlSeconds: number;
  /** RFC 3339, UTC. */
  readonly acquiredAt: string;
  readonly renewedAt: string;
}

interface StoredLease {
  readonly record: LeaseRecord;
  /** Store revision of the acquisition: each later one is larger. */
  readonly token: bigint;
  readonly revision: bigint;
  readonly lease: bigint;
}

/** Names that one holder has at a time. Throws Problem and EtcdError. */
export class Leases {
  readonly #etcd: EtcdClient;

  constructor(etcd: EtcdClient) {
    this.#etcd = etcd;
  }

  /** @throws Problem 409 `lease-held`. */
  async acquire({ name, holder, ttlSeconds }: Static<typeof AcquireBody>, options: Options = {}): Promise<Static<typeof LeaseView>> {
    const now = new Date().toISOString();
    const record: LeaseRecord = { name, holder, ttlSeconds, acquiredAt: now, renewedAt: now };
    const lease = await this.#etcd.grantLease(ttlSeconds, options);
    let taken: bigint | undefined;
    try {
      const key = leaseKey(name);
      const outcome = await this.#etcd.txn({ when: [absent(key)], then: [put(key, JSON.stringify(record), lease)], otherwise: [read(key)] }, options);
      if (!outcome.succeeded) throw held(name, outcome.reads[0]?.[0]);
      taken = outcome.revision;
      return toView({ record, token: taken, revision: taken, lease });
    } finally {
      // Nothing hangs on it, or nobody knows that something does. One that cannot be ended now ends by itself.
      if (taken === undefined) await this.#etcd.revokeLease(lease).catch(() => undefined);
    }
  }

  /** @throws Problem 404. */
  async get(name: string, options: Options = {}): Promise<Static<typeof LeaseView>> {
    const stored = await this.#find(name, options);
    if (stored === undefined) throw problem("not-found", `nobody holds '${name}'`);
    return toView(stored);
  }

  /** @throws Problem 409 `lease-not-held`. */
  async renew(name: string, token: number, options: Options = {}): Promise<Static<typeof LeaseView>> {
    const stored = await this.#held(name, token, options);
    try {
      await this.#etcd.keepLease(stored.lease, options);
    } catch (error) {
      if (error instanceof EtcdError && error.code === "lease-not-found") throw notHeld(name, token, undefined);
      throw error;
    }
    const record: LeaseRecord = { ...stored.record, renewedAt: new Date().toISOString() };
    const key = leaseKey(name);
    // Only for the remaining time that others are told; whoever renewed at the same time has written it as well.
    await this.#etcd.txn({ when: [unchangedSince(key, stored.revision)], then: [put(key, JSON.stringify(record), stored.lease)] }, options);
    return toView({ ...stored, record });
  }

  /** @throws Problem 409 `lease-not-held`. */
  async release(name: string, token: number, options: Options = {}): Promise<void> {
    const stored = await this.#held(name, token, options);
    try {
      // The store's lease belongs to this acquisition alone, so no later holder can lose by this.
      await this.#etcd.revokeLease(stored.lease, options);
    } catch (error) {
      if (error instanceof EtcdError && error.code === "lease-not-found") throw notHeld(name, token, undefined);
      throw error;
    }
  }

  async #held(name: string, token: number, options: Options): Promise<StoredLease> {
    const stored = await this.#find(name, options);
    if (stored === undefined || stored.token !== BigInt(token)) throw notHeld(name, token, stored?.record.holder);
    return stored;
  }

  async #find(name: string, options: Options): Promise<StoredLease | undefined> {
    const entry = await this.#etcd.get(leaseKey(name), options);
    return entry === undefined ? undefined : toLease(entry);
  }
}

function toLease(entry: Entry): StoredLease {
  return { record: JSON.parse(entry.value) as LeaseRecord, token: entry.createRevision, revision: entry.modRevision, lease: entry.lease };
}

function remainingSeconds({ renewedAt, ttlSeconds }: LeaseRecord): number {
  return Math.max(0, Math.ceil(ttlSeconds - (Date.now() - Date.parse(renewedAt)) / 1_000));
}

function toView({ record, token }: StoredLease): Static<typeof LeaseView> {
  const { name, holder, ttlSeconds, acquiredAt } = record;
  return { name, holder, token: Number(token), ttlSeconds, acquiredAt, remainingSeconds: remainingSeconds(record) };
}

function held(name: string, entry: Entry | undefined): Problem {
  const record = entry === undefined ? undefined : toLease(entry).record;
  const remaining = record === undefined ? 1 : Math.max(1, remainingSeconds(record));
  return new Problem({
    code: "lease-held", status: 409, title: "Somebody holds this lease",
    detail: `'${name}' is held by '${record?.holder ?? ""}' for about ${remaining} s; try again then`,
    headers: { "retry-after": String(remaining) },
    extensions: { holder: record?.holder ?? "", remainingSeconds: remaining },
  });
}

function notHeld(name: string, token: number, holder: string | undefined): Problem {
  const why = holder === undefined ? "nobody holds it now" : `'${holder}' holds it under a later token`;
  return new Problem({
    code: "lease-not-held", status: 409, title: "The lease is not held under this token",
    detail: `'${name}' is not held under token ${token}: ${why}; stop what it protected, and acquire it again`,
  });
}
