import type { Static } from "typebox";
import type { Carrier } from "../../kit/src";
import type { ExecutionView, Step } from "../schemas";
import type { Start } from "./orchestrator";
import { outputsOf } from "./progress";
import type { Progress } from "./progress";

/** An execution as it is stored. */
export interface Execution {
  readonly id: string;
  readonly workflowId: string;
  readonly steps: readonly Step[];
  readonly input: Readonly<Record<string, unknown>>;
  readonly carrier: Carrier;
  /** RFC 3339, UTC. */
  readonly acceptedAt: string;
  /** How it ended. Undefined: it has not. */
  readonly outcome: { readonly progress: Progress; readonly finishedAt: string } | undefined;
}

export function toStart({ id, steps, input, carrier }: Execution): Start {
  return { id, steps, input, carrier };
}

export function toExecutionView({ id, workflowId, input, acceptedAt, outcome }: Execution, progress: Progress): Static<typeof ExecutionView> {
  return {
    id, workflowId,
    state: progress.state,
    input: { ...input },
    steps: progress.steps,
    ...(progress.state === "completed" ? { output: outputsOf(progress) } : {}),
    acceptedAt,
    ...(outcome === undefined ? {} : { finishedAt: outcome.finishedAt }),
  };
}
