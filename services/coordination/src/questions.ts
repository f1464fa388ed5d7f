import type { Static } from "typebox";
import { Problem, problem } from "../../kit/src";
import { absent, put, read, unchangedSince } from "../../kit/src/etcd";
import type { Condition, EtcdClient } from "../../kit/src/etcd";
import { MAX_WAITING_VOTES, OUTCOME_RETENTION_S } from "../limits";
import type { CreateConsensusBody, VoteBody } from "../schemas";
import { withVote } from "./consensus";
import type { ConsensusRecord, StoredConsensus } from "./consensus";
import { newId } from "../../kit/src/uuid";
import { consensusKey, openKey, teamKey } from "./keys";
import type { Options } from "./options";
import { untilMade } from "./retry";
import type { Teams } from "./teams";
import { Turns } from "./turns";

/**
 * Questions that teams decide on, in etcd. A vote and the decision that it makes are one transaction on one key, which
 * also demands that the deadline has not passed by the store's own clock. Throws Problem and EtcdError.
 */
export class Questions {
  readonly #etcd: EtcdClient;
  readonly #teams: Teams;
  readonly #turns = new Turns(MAX_WAITING_VOTES);

  constructor(etcd: EtcdClient, teams: Teams) {
    this.#etcd = etcd;
    this.#teams = teams;
  }

  /** The members that the team has now are the voters, whatever becomes of the team. @throws Problem 422 `unknown-team`. */
  async put(body: Static<typeof CreateConsensusBody>, options: Options = {}): Promise<StoredConsensus> {
    return untilMade(`team '${body.teamId}'`, () => this.#tryPut(body, options), options);
  }

  /** @throws Problem 404. */
  async get(id: string, options: Options = {}): Promise<StoredConsensus> {
    const { reads } = await this.#etcd.txn({ when: [], then: [read(consensusKey(id)), read(openKey(id))], repeatable: "read" }, options);
    const [[entry] = [], [open] = []] = reads;
    if (entry === undefined) throw problem("not-found", `there is no question '${id}'; outcomes are kept for ${OUTCOME_RETENTION_S} s after the deadline`);
    return { record: JSON.parse(entry.value) as ConsensusRecord, revision: entry.modRevision, lease: entry.lease, openSince: open?.modRevision };
  }

  /** @throws Problem 404, 409 `consensus-closed`, 422. */
  async vote(id: string, { agentId, option }: Static<typeof VoteBody>, options: Options = {}): Promise<StoredConsensus> {
    return this.#turns.take(id, () => untilMade(`question '${id}'`, () => this.#tryVote(id, agentId, option, options), options));
  }

  async #tryVote(id: string, agentId: string, option: string, options: Options): Promise<StoredConsensus | undefined> {
    const found = await this.get(id, options);
    const record = withVote(found, agentId, option, new Date().toISOString());
    if (record === undefined) return found;
    const when: Condition[] = [unchangedSince(consensusKey(id), found.revision), unchangedSince(openKey(id), found.openSince ?? 0n)];
    const outcome = await this.#etcd.txn({ when, then: [put(consensusKey(id), JSON.stringify(record), found.lease)] }, options);
    return outcome.succeeded ? { ...found, record, revision: outcome.revision } : undefined;
  }

  async #tryPut({ teamId, topic, options: choices, rule, deadlineSeconds }: Static<typeof CreateConsensusBody>, options: Options): Promise<StoredConsensus | undefined> {
    const team = await this.#teams.find(teamId, options);
    if (team === undefined) {
      throw new Problem({ code: "unknown-team", status: 422, title: "There is no such team", detail: `body '/teamId' (${teamId}) is no team; form one first` });
    }
    const now = Date.now();
    const record: ConsensusRecord = {
      id: newId(now),
      teamId, topic, options: choices, rule,
      voters: team.record.members.map(({ agentId }) => agentId),
      votes: {},
      createdAt: new Date(now).toISOString(),
      deadline: new Date(now + deadlineSeconds * 1_000).toISOString(),
    };
    const leases: bigint[] = [];
    try {
      const open = await this.#etcd.grantLease(deadlineSeconds, options);
      leases.push(open);
      const kept = await this.#etcd.grantLease(deadlineSeconds + OUTCOME_RETENTION_S, options);
      leases.push(kept);
      const key = consensusKey(record.id);
      const outcome = await this.#etcd.txn(
        { when: [absent(key), unchangedSince(teamKey(teamId), team.revision)], then: [put(key, JSON.stringify(record), kept), put(openKey(record.id), "", open)] },
        options,
      );
      if (outcome.succeeded) return { record, revision: outcome.revision, lease: kept, openSince: outcome.revision };
    } catch (error) {
      await this.#revoke(leases);
      throw error;
    }
    await this.#revoke(leases);
    return undefined;
  }

  /** Leases that nothing hangs on. One that cannot be ended now ends by itself. */
  async #revoke(leases: readonly bigint[]): Promise<void> {
    await Promise.allSettled(leases.map((lease) => this.#etcd.revokeLease(lease)));
  }
}
