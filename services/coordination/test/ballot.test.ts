import assert from "node:assert/strict";
import fc from "fast-check";
import { Problem } from "../../kit/src";
import { RULES } from "../schemas";
import { needed, outcomeOf, tallyOf } from "../src/ballot";
import type { Ballot } from "../src/ballot";
import { standingOf, withVote } from "../src/consensus";
import type { ConsensusRecord, StoredConsensus } from "../src/consensus";

const OPTIONS = ["a", "b", "c"];

const ballots: fc.Arbitrary<Ballot> = fc
  .record({ rule: fc.constantFrom(...RULES), size: fc.integer({ min: 1, max: 20 }), choices: fc.array(fc.option(fc.constantFrom(...OPTIONS)), { minLength: 20, maxLength: 20 }) })
  .map(({ rule, size, choices }) => {
    const voters = Array.from({ length: size }, (_, index) => `agent-${index}`);
    const votes = Object.fromEntries(voters.flatMap((voter, index) => (choices[index] === null || choices[index] === undefined ? [] : [[voter, choices[index]]])));
    return { rule, voters, votes, options: OPTIONS };
  });

function question(ballot: Ballot): StoredConsensus {
  const record: ConsensusRecord = { ...ballot, id: "q", teamId: "t", topic: "?", createdAt: "2026-01-01T00:00:00.000Z", deadline: "2026-01-02T00:00:00.000Z" };
  return { record, revision: 1n, lease: 1n, openSince: 1n };
}

describe("ballot", () => {
  it("needs more than half, two thirds or all of the voters", () => {
    const table = [1, 2, 3, 4, 5, 6, 9].map((voters) => RULES.map((rule) => needed(rule, voters)));
    assert.deepEqual(table, [[1, 1, 1], [2, 2, 2], [2, 2, 3], [3, 3, 4], [3, 4, 5], [4, 4, 6], [5, 6, 9]]);
  });

  it("is decided exactly when one option has enough, and no second one can have it", () => {
    fc.assert(
      fc.property(ballots, fc.boolean(), (ballot, passed) => {
        const tally = tallyOf(ballot);
        const enough = Object.keys(tally).filter((option) => (tally[option] ?? 0) >= needed(ballot.rule, ballot.voters.length));
        assert.ok(enough.length <= 1);
        const outcome = outcomeOf(ballot, passed);
        assert.deepEqual(outcome.state === "decided" ? [outcome.option] : [], enough);
      }),
    );
  });

  it("is tied when all have voted without a decision, and else open until the deadline", () => {
    fc.assert(
      fc.property(ballots, (ballot) => {
        const outcomes = [outcomeOf(ballot, false).state, outcomeOf(ballot, true).state];
        const all = Object.keys(ballot.votes).length === ballot.voters.length;
        if (outcomes[0] === "decided") assert.equal(outcomes[1], "decided");
        else assert.deepEqual(outcomes, all ? ["tied", "tied"] : ["open", "expired"]);
      }),
    );
  });

  it("does not depend on the order in which the votes came", () => {
    fc.assert(
      fc.property(ballots, (ballot) => {
        const reversed = { ...ballot, votes: Object.fromEntries(Object.entries(ballot.votes).reverse()) };
        assert.deepEqual(outcomeOf(reversed, true), outcomeOf(ballot, true));
      }),
    );
  });
});

describe("vote", () => {
  const empty: Ballot = { rule: "majority", voters: ["x", "y", "z"], votes: {}, options: ["a", "b"] };
  const refusal = (attempt: () => unknown): string => {
    try {
      attempt();
    } catch (error) {
      if (error instanceof Problem) return `${error.status} ${error.code}`;
      throw error;
    }
    return "accepted";
  };

  it("makes one decision in any history of votes, with enough votes behind it, and keeps it", () => {
    const history = fc.array(fc.record({ voter: fc.nat(9), option: fc.constantFrom(...OPTIONS) }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.constantFrom(...RULES), fc.integer({ min: 1, max: 10 }), history, (rule, size, votes) => {
        const voters = Array.from({ length: size }, (_, index) => `agent-${index}`);
        let stored = question({ rule, voters, votes: {}, options: OPTIONS });
        let decision: string | undefined;
        for (const { voter, option } of votes) {
          const name = `agent-${voter}`;
          const said = refusal(() => {
            const record = withVote(stored, name, option, "2026-01-01T00:00:01.000Z");
            if (record !== undefined) stored = { ...stored, record };
          });
          if (voter >= size) assert.equal(said, "422 not-a-voter");
          else if (decision !== undefined) assert.equal(said, stored.record.votes[name] === option ? "accepted" : "409 consensus-closed");
          else assert.equal(said, "accepted");
          if (decision !== undefined) assert.equal(stored.record.decision?.option, decision);
          decision = stored.record.decision?.option;
          assert.equal(decision, ((outcome) => (outcome.state === "decided" ? outcome.option : undefined))(standingOf(stored)));
          if (decision !== undefined) assert.ok((tallyOf(stored.record)[decision] ?? 0) >= needed(rule, size));
        }
      }),
    );
  });

  it("can be changed until the decision, also out of a tie", () => {
    let stored = question({ ...empty, voters: ["x", "y"] });
    for (const [voter, option] of [["x", "a"], ["y", "b"]] as const) stored = { ...stored, record: withVote(stored, voter, option, "t") ?? stored.record };
    assert.equal(standingOf(stored).state, "tied");
    assert.deepEqual(withVote(stored, "y", "a", "t")?.decision, { option: "a", at: "t" });
  });

  it("is refused for what is no option and after the deadline, and a counted one may be sent again", () => {
    const voted = question({ ...empty, votes: { x: "a" } });
    assert.equal(refusal(() => withVote(voted, "y", "c", "t")), "422 unknown-option");
    const late = { ...voted, openSince: undefined };
    assert.equal(refusal(() => withVote(late, "y", "a", "t")), "409 consensus-closed");
    assert.equal(withVote(late, "x", "a", "t"), undefined);
  });
});
