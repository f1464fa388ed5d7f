import { Opts, SendOpts, connect } from "@restatedev/restate-sdk-clients";
import type { Ingress } from "@restatedev/restate-sdk-clients";
import type { WorkflowDefinitionFrom } from "@restatedev/restate-sdk";
import { StoreError } from "../../../kit/src";
import { ORCHESTRATOR_DEADLINE_MS } from "../../limits";
import type { Options } from "../options";
import type { Orchestrator, Start } from "../orchestrator";
import type { Progress } from "../progress";
import { translate } from "./errors";
import { HANDLERS_NAME } from "./handlers";
import type { ExecutionHandlers } from "./handlers";

export interface RestateAddresses {
  readonly ingressUrl: string;
  readonly adminUrl: string;
}

const DEFINITION = { name: HANDLERS_NAME } as WorkflowDefinitionFrom<ExecutionHandlers>;

/** Executions as workflows of Restate, one per execution id. */
export class RestateOrchestrator implements Orchestrator {
  readonly #ingress: Ingress;
  readonly #adminUrl: string;

  constructor({ ingressUrl, adminUrl }: RestateAddresses) {
    this.#ingress = connect({ url: ingressUrl, retry: false });
    this.#adminUrl = adminUrl;
  }

  async start(start: Start, options: Options = {}): Promise<void> {
    await this.#submit(start, options);
  }

  progress(id: string, options: Options = {}): Promise<Progress | undefined> {
    return this.#call(options, async (signal) => (await this.#client(id).progress(Opts.from({ signal }))) ?? undefined);
  }

  signal(id: string, name: string, payload: unknown, options: Options = {}): Promise<"taken" | "repeated"> {
    return this.#call(options, async (signal) => this.#client(id).signal({ name, payload }, Opts.from({ signal })));
  }

  async cancel(start: Start, options: Options = {}): Promise<boolean> {
    // Starting tells the id of the invocation, whether it was started before or not.
    const invocation = await this.#submit(start, options);
    return this.#call(options, async (signal) => {
      const response = await fetch(`${this.#adminUrl}/invocations/${encodeURIComponent(invocation)}/cancel`, { method: "PATCH", signal });
      await response.body?.cancel();
      if (response.ok) return true;
      // It had ended, just now or so long ago that it is forgotten.
      if (response.status === 409 || response.status === 404) return false;
      throw new StoreError(response.status >= 500 ? "unavailable" : "rejected", `Restate answered ${response.status} to a cancellation`, { applied: "unknown" });
    });
  }

  #submit(start: Start, options: Options): Promise<string> {
    return this.#call(options, async (signal) => (await this.#client(start.id).workflowSubmit(start, SendOpts.from({ signal }))).invocationId);
  }

  #client(id: string) {
    return this.#ingress.workflowClient(DEFINITION, id);
  }

  async #call<T>({ signal: given }: Options, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const deadline = AbortSignal.timeout(ORCHESTRATOR_DEADLINE_MS);
    try {
      return await work(given === undefined ? deadline : AbortSignal.any([given, deadline]));
    } catch (error) {
      throw translate(error, given);
    }
  }
}
