import { Problem } from "../../kit/src";
import type { AgentState } from "../schemas";

/** Every agent starts here. */
export const INITIAL_STATE: AgentState = "pending";

/**
 * All legal moves. A state never leads to itself: of two callers that both want to allocate an agent, one has to be
 * told no.
 */
export const TRANSITIONS: Readonly<Record<AgentState, readonly AgentState[]>> = {
  pending: ["ready", "failed", "terminated"],
  ready: ["allocated", "draining", "failed", "terminated"],
  allocated: ["ready", "draining", "failed"],
  draining: ["failed", "terminated"],
  failed: ["pending", "terminated"],
  terminated: [],
};

export function canMove(from: AgentState, to: AgentState): boolean {
  return TRANSITIONS[from].includes(to);
}

/** @throws Problem 409 `illegal-transition`, with the states that are allowed from here. */
export function assertMove(id: string, from: AgentState, to: AgentState): void {
  if (canMove(from, to)) return;
  const allowed = TRANSITIONS[from];
  const way = allowed.length === 0 ? `'${from}' is final` : `from '${from}' it can go to ${allowed.map((state) => `'${state}'`).join(", ")}`;
  throw new Problem({
    code: "illegal-transition",
    status: 409,
    title: "The agent cannot go from its state to this one",
    detail: `agent '${id}' is '${from}' and cannot become '${to}'; ${way}`,
    extensions: { current: from, requested: to, allowed },
  });
}
