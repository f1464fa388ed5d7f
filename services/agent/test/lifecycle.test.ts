import assert from "node:assert/strict";
import * as fc from "fast-check";
import { Problem } from "../../kit/src";
import { AGENT_STATES } from "../schemas";
import type { AgentState } from "../schemas";
import { INITIAL_STATE, TRANSITIONS, assertMove, canMove } from "../src/lifecycle";

const state = fc.constantFrom(...AGENT_STATES);

function refusal(from: AgentState, to: AgentState): Problem | undefined {
  try {
    assertMove("a1", from, to);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof Problem);
    return error;
  }
}

describe("lifecycle", () => {
  it("lets exactly the moves of the table through, and names the allowed ones when it refuses", () => {
    fc.assert(
      fc.property(state, state, (from, to) => {
        const problem = refusal(from, to);
        if (TRANSITIONS[from].includes(to)) return problem === undefined && canMove(from, to);
        assert.ok(problem !== undefined && !canMove(from, to));
        assert.deepEqual([problem.status, problem.code], [409, "illegal-transition"]);
        assert.deepEqual(problem.extensions, { current: from, requested: to, allowed: TRANSITIONS[from] });
        return TRANSITIONS[from].every((allowed) => problem.detail.includes(`'${allowed}'`));
      }),
    );
  });

  it("keeps the promises other services build on, along every path from the first state", () => {
    fc.assert(
      fc.property(fc.array(state, { maxLength: 30 }), (wishes) => {
        const path: AgentState[] = [INITIAL_STATE];
        for (const wish of wishes) {
          const now = path.at(-1) ?? INITIAL_STATE;
          if (canMove(now, wish)) path.push(wish);
        }
        for (const [index, now] of path.entries()) {
          const before = path[index - 1];
          if (before === undefined) continue;
          assert.notEqual(before, now, "no state leads to itself");
          assert.notEqual(before, "terminated", "terminated is final");
          if (now === "allocated") assert.equal(before, "ready", "only a ready agent is given work");
          if (before === "draining") assert.notEqual(now, "allocated", "a draining agent gets no work");
          if (before === "allocated") assert.notEqual(now, "terminated", "an agent at work is drained or has failed before it ends");
        }
      }),
    );
  });

  it("reaches every state from the first one, and the end from every state", () => {
    const reachable = (from: AgentState): Set<AgentState> => {
      const found = new Set<AgentState>([from]);
      for (const each of found) for (const next of TRANSITIONS[each]) found.add(next);
      return found;
    };
    assert.deepEqual(reachable(INITIAL_STATE), new Set(AGENT_STATES));
    for (const each of AGENT_STATES) assert.ok(reachable(each).has("terminated"), each);
  });
});
