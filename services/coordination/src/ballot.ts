import type { ConsensusState, Rule } from "../schemas";

/** What decides a question: who may vote, who voted what, and how many are enough. */
export interface Ballot {
  readonly options: readonly string[];
  readonly rule: Rule;
  /** Ids of the agents that may vote. */
  readonly voters: readonly string[];
  /** Option by voter. */
  readonly votes: Readonly<Record<string, string>>;
}

export type Outcome =
  | { readonly state: Exclude<ConsensusState, "decided"> }
  | { readonly state: "decided"; readonly option: string };

/** Votes that an option needs, of all voters and not only of those who voted. */
export function needed(rule: Rule, voters: number): number {
  switch (rule) {
    case "majority":
      return Math.floor(voters / 2) + 1;
    case "two-thirds":
      return Math.ceil((voters * 2) / 3);
    case "unanimous":
      return voters;
  }
}

export function tallyOf({ options, votes }: Pick<Ballot, "options" | "votes">): Record<string, number> {
  const tally = Object.fromEntries(options.map((option) => [option, 0]));
  for (const option of Object.values(votes)) tally[option] = (tally[option] ?? 0) + 1;
  return tally;
}

/**
 * How a question stands, from the votes alone. Every rule asks for more than half of the voters, so at most one option
 * can have enough.
 *
 * @param deadlinePassed whether votes that are missing can still come
 */
export function outcomeOf(ballot: Ballot, deadlinePassed: boolean): Outcome {
  const enough = needed(ballot.rule, ballot.voters.length);
  const winner = Object.entries(tallyOf(ballot)).find(([, count]) => count >= enough);
  if (winner !== undefined) return { state: "decided", option: winner[0] };
  if (Object.keys(ballot.votes).length === ballot.voters.length) return { state: "tied" };
  return { state: deadlinePassed ? "expired" : "open" };
}
