import type { EtcdClient, Entry, Step } from "../../kit/src/etcd";
import { absent, put, read, remove, unchangedSince } from "../../kit/src/etcd";
import type { AgentRecord, StoredAgent } from "./agent";
import { RECORDS, capabilityFolder, idIn, idempotencyKey, indexKeys, recordKey, typeFolder } from "./keys";
import type { AgentState } from "../schemas";
import { MAX_SCANNED_PER_PAGE } from "../limits";

interface Options {
  readonly signal?: AbortSignal;
}

/** What an `Idempotency-Key` led to. */
export interface Claim {
  readonly agentId: string;
  /** Digest of the request body it came with. */
  readonly fingerprint: string;
}

export type CreateOutcome =
  | { readonly kind: "created"; readonly agent: StoredAgent }
  /** The same `Idempotency-Key` was used before. */
  | { readonly kind: "claimed"; readonly claim: Claim };

export interface Filter {
  readonly capability?: string;
  readonly type?: string;
  readonly state?: AgentState;
}

export interface AgentPage {
  readonly agents: readonly StoredAgent[];
  /** Id after which the next page starts; undefined: this was the last one. */
  readonly nextAfter: string | undefined;
}

/**
 * Agents in etcd. A record and all keys that lead to it change in one transaction, so that no look-up ever leads
 * nowhere, and every change names the revision it was made from, so that none is lost. The steps that are handed over
 * beside a change are made with it or not at all. Throws EtcdError.
 */
export class AgentRepository {
  readonly #etcd: EtcdClient;

  constructor(etcd: EtcdClient) {
    this.#etcd = etcd;
  }

  async create(record: AgentRecord, fingerprint: string, beside: readonly Step[], options: Options = {}): Promise<CreateOutcome> {
    const key = recordKey(record.id);
    const claimKey = record.idempotency === undefined ? undefined : idempotencyKey(record.idempotency);
    const claim: Claim = { agentId: record.id, fingerprint };
    const outcome = await this.#etcd.txn(
      {
        when: [absent(key), ...(claimKey === undefined ? [] : [absent(claimKey)])],
        then: [
          put(key, JSON.stringify(record)),
          ...indexKeys(record).map((index) => put(index, "")),
          ...(claimKey === undefined ? [] : [put(claimKey, JSON.stringify(claim))]),
          ...beside,
        ],
        otherwise: [read(key), ...(claimKey === undefined ? [] : [read(claimKey)])],
        // The id is new and unguessable: when it exists after all, an attempt whose answer was lost has made it.
        repeatable: "idempotent",
      },
      options,
    );
    if (outcome.succeeded) return { kind: "created", agent: { record, revision: outcome.revision } };
    const [[ours] = [], [earlier] = []] = outcome.reads;
    if (ours !== undefined) return { kind: "created", agent: toAgent(ours) };
    if (earlier === undefined) throw new Error(`creating agent '${record.id}' failed on a condition that its reads do not show`);
    return { kind: "claimed", claim: JSON.parse(earlier.value) as Claim };
  }

  async find(id: string, options: Options = {}): Promise<StoredAgent | undefined> {
    const entry = await this.#etcd.get(recordKey(id), options);
    return entry === undefined ? undefined : toAgent(entry);
  }

  /** Replaces a record, unless it was changed since `from`. @returns undefined when it was. */
  async replace(from: StoredAgent, record: AgentRecord, beside: readonly Step[], options: Options = {}): Promise<StoredAgent | undefined> {
    const key = recordKey(record.id);
    const outcome = await this.#etcd.txn({ when: [unchangedSince(key, from.revision)], then: [put(key, JSON.stringify(record)), ...beside] }, options);
    return outcome.succeeded ? { record, revision: outcome.revision } : undefined;
  }

  /** Deletes a record and every key that leads to it, unless it was changed since. @returns false when it was. */
  async delete({ record, revision }: StoredAgent, beside: readonly Step[], options: Options = {}): Promise<boolean> {
    const key = recordKey(record.id);
    const claim = record.idempotency === undefined ? [] : [idempotencyKey(record.idempotency)];
    const keys = [key, ...indexKeys(record), ...claim];
    const outcome = await this.#etcd.txn({ when: [unchangedSince(key, revision)], then: [...keys.map(remove), ...beside] }, options);
    return outcome.succeeded;
  }

  /**
   * Agents in the order of their ids. One range is read: the capability's, else the type's, else all records. What
   * else is asked for is checked on the records, so a page can be shorter than `limit` and not be the last.
   */
  async list(filter: Filter, page: Options & { readonly after?: string; readonly limit: number }): Promise<AgentPage> {
    const folder =
      filter.capability !== undefined ? capabilityFolder(filter.capability)
      : filter.type !== undefined ? typeFolder(filter.type)
      : RECORDS;
    const agents: StoredAgent[] = [];
    let after = page.after;
    for (let scanned = 0; scanned < MAX_SCANNED_PER_PAGE; ) {
      const keys = await this.#etcd.list(folder, {
        after: after === undefined ? undefined : `${folder}${after}`,
        limit: page.limit,
        keysOnly: folder !== RECORDS,
        signal: page.signal,
      });
      const found = folder === RECORDS ? keys.entries.map(toAgent) : await this.#findAll(keys.entries.map(({ key }) => idIn(folder, key)), page);
      for (const [index, entry] of keys.entries.entries()) {
        const agent = found[index];
        if (agent !== undefined && matches(agent.record, filter)) agents.push(agent);
        after = idIn(folder, entry.key);
        if (agents.length === page.limit) {
          const last = index === keys.entries.length - 1;
          return { agents, nextAfter: last && !keys.more ? undefined : after };
        }
      }
      if (!keys.more) return { agents, nextAfter: undefined };
      scanned += keys.entries.length;
    }
    return { agents, nextAfter: after };
  }

  /** In the order of the ids; undefined for one that was deleted after its index key was read. */
  async #findAll(ids: readonly string[], options: Options): Promise<(StoredAgent | undefined)[]> {
    if (ids.length === 0) return [];
    const outcome = await this.#etcd.txn({ when: [], then: ids.map((id) => read(recordKey(id))), repeatable: "read" }, options);
    return outcome.reads.map(([entry]) => (entry === undefined ? undefined : toAgent(entry)));
  }
}

function matches(record: AgentRecord, { capability, type, state }: Filter): boolean {
  return (
    (capability === undefined || record.capabilities.includes(capability)) &&
    (type === undefined || record.type === type) &&
    (state === undefined || record.state === state)
  );
}

function toAgent(entry: Entry): StoredAgent {
  return { record: JSON.parse(entry.value) as AgentRecord, revision: entry.modRevision };
}
