import type { Static } from "typebox";
import { Problem, injectContext, problem } from "../../kit/src";
import type { Logger } from "../../kit/src";
import { MAX_UNFINISHED } from "../limits";
import type { ExecutionView } from "../schemas";
import { assertInput, assertPayload } from "./definition";
import { digestOf } from "./digest";
import { toExecutionView, toStart } from "./execution";
import type { Execution } from "./execution";
import type { ExecutionRepository } from "./execution-repository";
import type { Options } from "./options";
import type { Orchestrator } from "./orchestrator";
import { initialProgress } from "./progress";
import type { Workflows } from "./workflows";

export interface ExecutionsArgs {
  readonly workflows: Workflows;
  readonly repository: ExecutionRepository;
  readonly orchestrator: Orchestrator;
  readonly logger: Logger;
}

/** What can be done with executions. Throws Problem and StoreError. */
export class Executions {
  readonly #args: ExecutionsArgs;

  constructor(args: ExecutionsArgs) {
    this.#args = args;
  }

  /**
   * Stores an execution and hands it to the orchestrator. When that cannot be reached, the submitter does it later.
   *
   * @throws Problem 404, 422 `idempotency-key-reused`, 429 `too-many-executions`.
   */
  async execute(workflowId: string, input: Readonly<Record<string, unknown>>, idempotencyKey: string | undefined, options: Options = {}): Promise<Static<typeof ExecutionView>> {
    assertInput(input);
    const { workflows, repository, orchestrator, logger } = this.#args;
    const fingerprint = digestOf(input);
    const idempotency = idempotencyKey === undefined ? undefined : digestOf(idempotencyKey);
    const added = await repository.add({ workflowId, input, carrier: injectContext({}), idempotency, fingerprint }, options);
    if (added.kind === "refused") {
      await workflows.get(workflowId, options);
      throw tooMany();
    }
    if (added.kind === "known" && added.fingerprint !== fingerprint) throw keyReused();
    const { execution } = added;
    if (execution.outcome === undefined) {
      try {
        await orchestrator.start(toStart(execution), options);
      } catch (err) {
        logger.warn({ err, execution: execution.id }, "an accepted execution could not be started yet; it will be tried again");
        await repository.toSubmit(execution.id, options);
      }
    }
    return toExecutionView(execution, execution.outcome?.progress ?? initialProgress(execution.steps, "accepted"));
  }

  /** @throws Problem 404. */
  async get(id: string, options: Options = {}): Promise<Static<typeof ExecutionView>> {
    const execution = await this.#find(id, options);
    if (execution.outcome !== undefined) return toExecutionView(execution, execution.outcome.progress);
    const progress = await this.#args.orchestrator.progress(id, options);
    return toExecutionView(execution, progress ?? initialProgress(execution.steps, "accepted"));
  }

  /** @throws Problem 400 `invalid-request`, 404, 409 `execution-finished` or `signal-repeated`, 422 `unknown-signal`. */
  async signal(id: string, name: string, payload: unknown, options: Options = {}): Promise<void> {
    assertPayload(payload);
    const execution = await this.#unfinished(id, options);
    const known = execution.steps.flatMap((step) => (step.kind === "waitForSignal" ? [step.signal] : []));
    if (!known.includes(name)) {
      throw new Problem({
        code: "unknown-signal", status: 422, title: "No step waits for this signal",
        detail: `execution '${id}' takes ${known.length === 0 ? "no signals" : `the signals ${known.map((each) => `'${each}'`).join(", ")}`} and not '${name}'`,
        extensions: { signals: known },
      });
    }
    if ((await this.#args.orchestrator.signal(id, name, payload, options)) === "repeated") {
      throw new Problem({
        code: "signal-repeated", status: 409, title: "The signal was sent before",
        detail: `execution '${id}' has signal '${name}' already, and the first one counts`,
      });
    }
  }

  /** @throws Problem 404, 409 `execution-finished`. */
  async cancel(id: string, options: Options = {}): Promise<void> {
    const execution = await this.#unfinished(id, options);
    if (!(await this.#args.orchestrator.cancel(toStart(execution), options))) throw finished(await this.#find(id, options));
  }

  async #unfinished(id: string, options: Options): Promise<Execution> {
    const execution = await this.#find(id, options);
    if (execution.outcome !== undefined) throw finished(execution);
    return execution;
  }

  async #find(id: string, options: Options): Promise<Execution> {
    const execution = await this.#args.repository.find(id, options);
    if (execution === undefined) throw problem("not-found", `there is no execution '${id}'`);
    return execution;
  }
}

function tooMany(): Problem {
  return new Problem({
    code: "too-many-executions", status: 429, title: "Too many executions are not finished",
    detail: `${MAX_UNFINISHED} executions are under way, which is the limit; wait for some to end, or cancel some`,
    headers: { "retry-after": "5" },
  });
}

function keyReused(): Problem {
  return new Problem({
    code: "idempotency-key-reused", status: 422, title: "This Idempotency-Key was used for another request",
    detail: "the earlier request with this 'Idempotency-Key' had a different input; send a new key for a new execution",
  });
}

function finished({ id, outcome }: Execution): Problem {
  const state = outcome?.progress.state ?? "ending";
  return new Problem({
    code: "execution-finished", status: 409, title: "The execution has ended",
    detail: `execution '${id}' is ${state}; nothing more can be done with it`,
    extensions: { state },
  });
}
