import { CancelledError, TimeoutError, workflow } from "@restatedev/restate-sdk";
import type { WorkflowContext, WorkflowSharedContext } from "@restatedev/restate-sdk";
import type { Tracer } from "@opentelemetry/api";
import { extractContext, withSpan } from "../../../kit/src";
import { Cancelled } from "../durable";
import type { Durable, Signal } from "../durable";
import type { Effects } from "../effects";
import type { ExecutionRepository } from "../execution-repository";
import { Interpreter, withoutCancel } from "../interpreter";
import type { Start } from "../orchestrator";
import type { Progress } from "../progress";

/**
 * Name of the handlers in Restate. An execution that is under way is done again from what Restate keeps, call by call, so
 * raise the number when the order of durable calls changes.
 */
export const HANDLERS_NAME = "agentic-flow.execution.v1";

const PROGRESS = "progress";
/** Pauses while PostgreSQL or another replica of this service cannot be reached. */
const FIRST_PAUSE_MS = 50;
const LARGEST_PAUSE_MS = 5_000;
/** Weeks of them. Without a number Restate pauses an execution after 70, until somebody lets it go on by hand. */
export const MAX_RETRIES = 1_000_000;
/** How long Restate knows an execution that has ended, so that handing it over again changes nothing. */
const RETENTION_MS = 24 * 3_600_000;

export interface HandlersArgs {
  readonly effects: Effects;
  readonly repository: Pick<ExecutionRepository, "finish">;
  readonly tracer: Tracer;
  /** Told of each execution that has ended. */
  readonly ended: (state: Progress["state"]) => void;
}

/** The handlers that Restate calls: one workflow for every definition, because the steps are part of what it is started with. */
export function executionHandlers(args: HandlersArgs) {
  return workflow({
    name: HANDLERS_NAME,
    handlers: {
      run: async (context: WorkflowContext, start: Start): Promise<void> => {
        const { effects, repository, ended } = args;
        const durable = durableOn(context, start, args.tracer);
        const progress = await new Interpreter(start, effects, durable).run();
        await withoutCancel(() =>
          durable.once("keep outcome", async () => {
            await repository.finish(start.id, progress);
            ended(progress.state);
          }),
        );
      },
      progress: (context: WorkflowSharedContext): Promise<Progress | null> => context.get<Progress>(PROGRESS),
      signal: async (context: WorkflowSharedContext, { name, payload }: { readonly name: string; readonly payload: unknown }): Promise<"taken" | "repeated"> => {
        const promise = context.promise<Signal>(promiseName(name));
        if ((await promise.peek()) !== undefined) return "repeated";
        await promise.resolve({ payload });
        return "taken";
      },
    },
    options: {
      workflowRetention: RETENTION_MS,
      retryPolicy: { initialInterval: FIRST_PAUSE_MS, maxInterval: LARGEST_PAUSE_MS, exponentiationFactor: 2, maxAttempts: MAX_RETRIES },
    },
  });
}

export type ExecutionHandlers = ReturnType<typeof executionHandlers>;

function durableOn(context: WorkflowContext, { id, carrier }: Start, tracer: Tracer): Durable {
  const parent = extractContext(carrier);
  return {
    once: (name, work) =>
      cancellable(() =>
        context.run(name, () => withSpan(tracer, `workflow ${name}`, { "workflow.execution.id": id }, work, { parent }), {
          initialRetryInterval: FIRST_PAUSE_MS,
          maxRetryInterval: LARGEST_PAUSE_MS,
        }),
      ),
    sleep: (durationMs) => cancellable(() => context.sleep(durationMs)),
    signal: (name, timeoutMs) =>
      cancellable(async () => {
        try {
          return await context.promise<Signal>(promiseName(name)).get().orTimeout(timeoutMs);
        } catch (error) {
          if (error instanceof TimeoutError) return undefined;
          throw error;
        }
      }),
    save: (progress) => context.set(PROGRESS, progress),
  };
}

async function cancellable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CancelledError) throw new Cancelled("asked to end");
    throw error;
  }
}

function promiseName(signal: string): string {
  return `signal ${signal}`;
}
