import type { Static } from "typebox";
import { Problem } from "../../kit/src";
import type { ConsensusView } from "../schemas";
import { outcomeOf, tallyOf } from "./ballot";
import type { Ballot, Outcome } from "./ballot";

/** A question as it is stored, votes included: one JSON value under one key. */
export interface ConsensusRecord extends Ballot {
  readonly id: string;
  readonly teamId: string;
  readonly topic: string;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly deadline: string;
  /** Written with the vote that decided, and never changed after. */
  readonly decision?: { readonly option: string; readonly at: string };
}

export interface StoredConsensus {
  readonly record: ConsensusRecord;
  readonly revision: bigint;
  /** Under which the record is kept until nobody asks for the outcome any more. */
  readonly lease: bigint;
  /** Revision of the key that exists until the deadline. Undefined: the deadline has passed. */
  readonly openSince: bigint | undefined;
}

export function standingOf({ record, openSince }: StoredConsensus): Outcome {
  return record.decision === undefined ? outcomeOf(record, openSince === undefined) : { state: "decided", option: record.decision.option };
}

/**
 * The record with one more vote, and with the decision when this vote makes it.
 *
 * @returns undefined when this vote is counted already.
 * @throws Problem 422 `not-a-voter` or `unknown-option`, 409 `consensus-closed`.
 */
export function withVote(consensus: StoredConsensus, agentId: string, option: string, at: string): ConsensusRecord | undefined {
  const { record } = consensus;
  if (!record.voters.includes(agentId)) {
    throw new Problem({
      code: "not-a-voter", status: 422, title: "This agent has no vote",
      detail: `agent '${agentId}' was no member of team '${record.teamId}' when the question was put`,
    });
  }
  if (!record.options.includes(option)) {
    throw new Problem({
      code: "unknown-option", status: 422, title: "There is no such option",
      detail: `'${option}' is not one of ${record.options.map((each) => `'${each}'`).join(", ")}`,
      extensions: { options: record.options },
    });
  }
  if (record.votes[agentId] === option) return undefined;
  const { state } = standingOf(consensus);
  if (state === "decided" || consensus.openSince === undefined) {
    throw new Problem({
      code: "consensus-closed", status: 409, title: "No more votes are taken",
      detail: `question '${record.id}' is ${state}${state === "decided" ? "" : " and its deadline has passed"}; votes are as they are`,
      extensions: { state },
    });
  }
  const voted: ConsensusRecord = { ...record, votes: { ...record.votes, [agentId]: option } };
  const outcome = outcomeOf(voted, false);
  return outcome.state === "decided" ? { ...voted, decision: { option: outcome.option, at } } : voted;
}

export function toConsensusView(consensus: StoredConsensus): Static<typeof ConsensusView> {
  const { id, teamId, topic, options, rule, voters, votes, createdAt, deadline, decision } = consensus.record;
  return {
    id, teamId, topic, options: [...options], rule,
    state: standingOf(consensus).state,
    ...(decision === undefined ? {} : { decision: decision.option, decidedAt: decision.at }),
    tally: tallyOf(consensus.record),
    voters: voters.length,
    voted: Object.keys(votes).length,
    createdAt, deadline,
    revision: Number(consensus.revision),
  };
}
