import type { ExecutionState, Step, StepState } from "../schemas";

export interface Fault {
  /** Stable code of what went wrong. */
  readonly code: string;
  readonly detail: string;
}

export interface StepProgress {
  readonly name: string;
  readonly kind: Step["kind"];
  state: StepState;
  attempts: number;
  compensationAttempts?: number;
  output?: unknown;
  error?: Fault;
}

/** How an execution stands. Plain JSON: it is kept by the orchestrator while it runs, and in PostgreSQL when it has ended. */
export interface Progress {
  state: ExecutionState;
  readonly steps: StepProgress[];
}

export function initialProgress(steps: readonly Step[], state: ExecutionState): Progress {
  return { state, steps: steps.map(({ name, kind }) => ({ name, kind, state: "pending", attempts: 0 })) };
}

/** What completed steps gave, by their names. */
export function outputsOf({ steps }: Progress): Record<string, unknown> {
  return Object.fromEntries(steps.filter(({ output }) => output !== undefined).map(({ name, output }) => [name, output]));
}
