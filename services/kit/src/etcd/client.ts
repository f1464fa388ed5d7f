import type { Repeatable } from "./call";
import { call } from "./call";
import { EtcdError } from "./errors";
import type { RangeResponse, TxnResponse } from "./gen/rpc_pb";
import type { KeyValue } from "./gen/kv_pb";
import { decode, encode, keyAfter, prefixEnd } from "./keys";
import { Members } from "./members";
import type { Member } from "./members";
import type { TlsFiles } from "./tls";
import type { Condition, Step } from "./txn";
import { keepAliveOnce, watchPrefix } from "./streams";
import type { Change } from "./streams";

export interface EtcdClientArgs {
  /** `https://host:port` of every member. */
  readonly endpoints: readonly string[];
  readonly tls: TlsFiles;
  /** From the call to its answer, including all attempts. @default 3000 */
  readonly callTimeoutMs?: number;
}

/** A key as it is stored. */
export interface Entry {
  readonly key: string;
  readonly value: string;
  /** Revision of the last change. */
  readonly modRevision: bigint;
  readonly createRevision: bigint;
  /** 0n: none. */
  readonly lease: bigint;
}

export interface Page {
  readonly entries: readonly Entry[];
  /** More keys follow in the range. */
  readonly more: boolean;
  /** Revision of the whole store when this was read. */
  readonly revision: bigint;
}

export interface TxnArgs {
  readonly when: readonly Condition[];
  readonly then: readonly Step[];
  readonly otherwise?: readonly Step[];
  /** `idempotent` only when making it twice ends the same as making it once. @default "once" */
  readonly repeatable?: Repeatable;
}

export interface TxnOutcome {
  /** Whether the conditions held, and so `then` was done; or else `otherwise`. */
  readonly succeeded: boolean;
  /** Store revision of this transaction. */
  readonly revision: bigint;
  /** What the `read` steps found, in their order; empty for a key that does not exist. */
  readonly reads: readonly (readonly Entry[])[];
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

const DEFAULT_CALL_TIMEOUT_MS = 3_000;

/**
 * A client of an etcd cluster over mutual TLS. Every call has a deadline, moves to another member when one fails,
 * and throws `EtcdError` and nothing else.
 */
export class EtcdClient {
  readonly #members: Members;
  readonly #timeoutMs: number;

  constructor(args: EtcdClientArgs) {
    this.#members = new Members(args.endpoints, args.tls);
    this.#timeoutMs = args.callTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS;
  }

  async get(key: string, options: CallOptions = {}): Promise<Entry | undefined> {
    const answer = await this.#read("get", options, (member, o) => member.kv.range({ key: encode(key) }, o));
    return answer.kvs.map(toEntry)[0];
  }

  /** One page of the keys that start with `prefix`, in the order of their bytes. */
  async list(prefix: string, page: CallOptions & { readonly after?: string; readonly limit: number; readonly keysOnly?: boolean }): Promise<Page> {
    const bytes = encode(prefix);
    const request = {
      key: page.after === undefined ? bytes : keyAfter(encode(page.after)),
      rangeEnd: prefixEnd(bytes),
      limit: BigInt(page.limit),
      keysOnly: page.keysOnly ?? false,
    };
    const answer = await this.#read("list", page, (member, o) => member.kv.range(request, o));
    return { entries: answer.kvs.map(toEntry), more: answer.more, revision: answer.header?.revision ?? 0n };
  }

  /** How many keys start with `prefix`. */
  async count(prefix: string, options: CallOptions = {}): Promise<number> {
    const key = encode(prefix);
    const answer = await this.#read("count", options, (member, o) => member.kv.range({ key, rangeEnd: prefixEnd(key), countOnly: true }, o));
    return Number(answer.count);
  }

  /** @returns the store's revision after the change. */
  async put(key: string, value: string, options: CallOptions & { readonly lease?: bigint } = {}): Promise<bigint> {
    const request = { key: encode(key), value: encode(value), lease: options.lease ?? 0n };
    const answer = await this.#write("put", options, (member, o) => member.kv.put(request, o));
    return answer.header?.revision ?? 0n;
  }

  /** @returns how many keys were deleted: 0 or 1. */
  async delete(key: string, options: CallOptions = {}): Promise<number> {
    const answer = await this.#write("delete", options, (member, o) => member.kv.deleteRange({ key: encode(key) }, o));
    return Number(answer.deleted);
  }

  /** All steps are made, or none. A transaction whose conditions fail is an outcome and not an error. */
  async txn(args: TxnArgs, options: CallOptions = {}): Promise<TxnOutcome> {
    const request = { compare: [...args.when], success: [...args.then], failure: [...(args.otherwise ?? [])] };
    const answer = await call({
      ...this.#base("txn", options),
      repeatable: args.repeatable ?? "once",
      run: (member, o) => member.kv.txn(request, o),
    });
    return { succeeded: answer.succeeded, revision: answer.header?.revision ?? 0n, reads: readsOf(answer) };
  }

  /** Like `txn`, for callers that have no other way to go: throws `compare-failed` when a condition fails. */
  async mustTxn(args: TxnArgs, options: CallOptions = {}): Promise<TxnOutcome> {
    const outcome = await this.txn(args, options);
    if (!outcome.succeeded) throw new EtcdError("compare-failed", `txn: a condition of ${args.when.length} did not hold; read the keys again`);
    return outcome;
  }

  /** @returns the lease's id. Keys that are put with it vanish when it ends. */
  async grantLease(ttlS: number, options: CallOptions = {}): Promise<bigint> {
    const answer = await this.#write("grantLease", options, (member, o) => member.lease.leaseGrant({ TTL: BigInt(ttlS) }, o));
    return answer.ID;
  }

  /** Renews a lease once. @returns seconds it has from now. @throws EtcdError `lease-not-found` when it has ended. */
  async keepLease(id: bigint, options: CallOptions = {}): Promise<number> {
    return call({ ...this.#base("keepLease", options), repeatable: "idempotent", run: (member, o) => keepAliveOnce(member, id, o.signal) });
  }

  /** Ends a lease and deletes its keys. */
  async revokeLease(id: bigint, options: CallOptions = {}): Promise<void> {
    await this.#write("revokeLease", options, (member, o) => member.lease.leaseRevoke({ ID: id }, o));
  }

  /**
   * Every change below `prefix` from `fromRevision` on, in order, each once, across broken connections. Ends when the
   * signal is aborted. @throws EtcdError `compacted` when that revision is no longer kept: list again, then watch.
   */
  watch(prefix: string, options: { readonly fromRevision: bigint; readonly signal: AbortSignal }): AsyncGenerator<Change, void, undefined> {
    return watchPrefix(this.#members, prefix, options);
  }

  /** Whether a member answers and the cluster has a leader. @throws EtcdError `unavailable` when not. */
  async ping(options: CallOptions = {}): Promise<void> {
    await this.#read("ping", options, async (member, o) => {
      // A linearizable read needs the leader and a quorum; the status of a member alone would not show a lost one.
      await member.kv.range({ key: encode("\0"), countOnly: true }, o);
    });
  }

  /** Version of the member that answered. */
  async version(options: CallOptions = {}): Promise<string> {
    const answer = await this.#read("version", options, (member, o) => member.maintenance.status({}, o));
    return answer.version;
  }

  /** Reads the TLS files again at once, instead of within the minute. */
  async reloadTls(): Promise<void> {
    await this.#members.reload();
  }

  close(): void {
    this.#members.close();
  }

  #read<T>(name: string, options: CallOptions, run: (member: Member, o: { signal: AbortSignal }) => Promise<T>): Promise<T> {
    return call({ ...this.#base(name, options), repeatable: "read", run });
  }

  #write<T>(name: string, options: CallOptions, run: (member: Member, o: { signal: AbortSignal }) => Promise<T>): Promise<T> {
    return call({ ...this.#base(name, options), repeatable: "once", run });
  }

  #base(name: string, options: CallOptions): { members: Members; name: string; timeoutMs: number; signal: AbortSignal | undefined } {
    return { members: this.#members, name, timeoutMs: this.#timeoutMs, signal: options.signal };
  }
}

export function toEntry(kv: KeyValue): Entry {
  return { key: decode(kv.key), value: decode(kv.value), modRevision: kv.modRevision, createRevision: kv.createRevision, lease: kv.lease };
}

function readsOf(answer: TxnResponse): (readonly Entry[])[] {
  const reads: (readonly Entry[])[] = [];
  for (const { response } of answer.responses) {
    if (response.case === "responseRange") reads.push((response.value satisfies RangeResponse).kvs.map(toEntry));
  }
  return reads;
}
