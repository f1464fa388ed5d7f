import type { Carrier } from "../../kit/src";
import type { Options } from "./options";
import type { Program } from "./interpreter";
import type { Progress } from "./progress";

/** What an execution is started with. */
export interface Start extends Program {
  /** W3C trace context of the request that asked for it. */
  readonly carrier: Carrier;
}

/** Runs executions so that they survive crashes. Throws StoreError while it cannot be reached. */
export interface Orchestrator {
  /** Starting one that is known already changes nothing. */
  start(start: Start, options?: Options): Promise<void>;
  /** @returns undefined when it has not begun */
  progress(id: string, options?: Options): Promise<Progress | undefined>;
  /** `repeated`: a signal of this name was sent before, and that one counts. */
  signal(id: string, name: string, payload: unknown, options?: Options): Promise<"taken" | "repeated">;
  /** @returns false when it had ended before */
  cancel(start: Start, options?: Options): Promise<boolean>;
}
