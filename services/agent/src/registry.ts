import { Problem, problem } from "../../kit/src";
import { canonicalJson } from "../../kit/src/json";
import { MAX_CHANGE_ATTEMPTS } from "../limits";
import type { AgentRecord, StoredAgent } from "./agent";
import { lifecycleEvent } from "./events";
import { digest } from "./keys";
import { INITIAL_STATE, assertMove } from "./lifecycle";
import type { AgentState } from "../schemas";
import { assertMetadata } from "./metadata";
import type { Outbox } from "./outbox";
import type { AgentPage, AgentRepository, Filter } from "./repository";
import { newId } from "../../kit/src/uuid";

interface Options {
  readonly signal?: AbortSignal;
}

export interface NewAgent {
  readonly type: string;
  readonly capabilities: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The revision a caller wants to change; undefined: whatever is there. */
export type IfMatch = bigint | undefined;

/** What can be done with agents, and what is refused. Throws Problem and EtcdError. */
export class AgentRegistry {
  readonly #repository: AgentRepository;
  readonly #outbox: Outbox;
  readonly #region: string;

  constructor(repository: AgentRepository, outbox: Outbox, region: string) {
    this.#repository = repository;
    this.#outbox = outbox;
    this.#region = region;
  }

  /** With an idempotency key, the same request leads to the same agent, however often it is sent. */
  async create(wanted: NewAgent, idempotencyKey: string | undefined, options: Options = {}): Promise<StoredAgent> {
    assertMetadata(wanted.metadata);
    const capabilities = [...wanted.capabilities].sort();
    const fingerprint = digest(canonicalJson({ type: wanted.type, capabilities, metadata: wanted.metadata }));
    const createdAt = new Date().toISOString();
    for (let attempt = 0; attempt < MAX_CHANGE_ATTEMPTS; attempt += 1) {
      const record: AgentRecord = {
        id: newId(),
        type: wanted.type,
        capabilities,
        metadata: wanted.metadata,
        state: INITIAL_STATE,
        createdAt,
        updatedAt: createdAt,
        region: this.#region,
        changes: 0,
        ...(idempotencyKey === undefined ? {} : { idempotency: digest(idempotencyKey) }),
      };
      const event = this.#outbox.announce(lifecycleEvent("agent.created", record));
      const outcome = await this.#repository.create(record, fingerprint, event.steps, options);
      if (outcome.kind === "created") {
        event.committed();
        return outcome.agent;
      }
      if (outcome.claim.fingerprint !== fingerprint) throw keyReused();
      const earlier = await this.#repository.find(outcome.claim.agentId, options);
      // Deleted in between, and its claim with it: this request is then the first of its key again.
      if (earlier !== undefined) return earlier;
    }
    throw contended("idempotency key", idempotencyKey ?? "");
  }

  /** @throws Problem 404. */
  async get(id: string, options: Options = {}): Promise<StoredAgent> {
    const agent = await this.#repository.find(id, options);
    if (agent === undefined) throw problem("not-found", `there is no agent '${id}' in region '${this.#region}'`);
    return agent;
  }

  list(filter: Filter, page: Options & { readonly after?: string; readonly limit: number }): Promise<AgentPage> {
    return this.#repository.list(filter, page);
  }

  /**
   * One caller wins for each revision. Without `ifMatch` a caller that was overtaken is judged again, by the state it
   * was overtaken with.
   *
   * @throws Problem 404, 409 `illegal-transition`, 412 `precondition-failed`.
   */
  async move(id: string, to: AgentState, ifMatch: IfMatch, options: Options = {}): Promise<StoredAgent> {
    return this.#change(id, ifMatch, options, async (agent) => {
      assertMove(id, agent.record.state, to);
      const record: AgentRecord = { ...agent.record, state: to, updatedAt: new Date().toISOString(), changes: changesAfter(agent.record) };
      const event = this.#outbox.announce(lifecycleEvent("agent.state-changed", record, agent.record.state));
      const moved = await this.#repository.replace(agent, record, event.steps, options);
      if (moved !== undefined) event.committed();
      return moved;
    });
  }

  /** @throws Problem 404, 412 `precondition-failed`. */
  async delete(id: string, ifMatch: IfMatch, options: Options = {}): Promise<void> {
    await this.#change(id, ifMatch, options, async (agent) => {
      const event = this.#outbox.announce(lifecycleEvent("agent.deleted", { ...agent.record, changes: changesAfter(agent.record) }));
      if (!(await this.#repository.delete(agent, event.steps, options))) return undefined;
      event.committed();
      return agent;
    });
  }

  async #change(
    id: string,
    ifMatch: IfMatch,
    options: Options,
    attempt: (agent: StoredAgent) => Promise<StoredAgent | undefined>,
  ): Promise<StoredAgent> {
    for (let count = 0; count < MAX_CHANGE_ATTEMPTS; count += 1) {
      const agent = await this.get(id, options);
      if (ifMatch !== undefined && agent.revision !== ifMatch) {
        throw problem("precondition-failed", `agent '${id}' is at revision ${agent.revision} and not ${ifMatch}; read it again`, {
          extensions: { currentRevision: Number(agent.revision) },
        });
      }
      const changed = await attempt(agent);
      if (changed !== undefined) return changed;
    }
    throw contended("agent", id);
  }
}

function changesAfter({ changes }: AgentRecord): number {
  return (changes ?? 0) + 1;
}

function contended(what: string, id: string): Problem {
  return problem("unavailable", `${what} '${id}' was changed by others ${MAX_CHANGE_ATTEMPTS} times meanwhile; try again`, {
    headers: { "retry-after": "1" },
  });
}

function keyReused(): Problem {
  return new Problem({
    code: "idempotency-key-reused",
    status: 422,
    title: "This Idempotency-Key was used for another request",
    detail: "the earlier request with this 'Idempotency-Key' had a different body; send a new key for a new agent",
  });
}
