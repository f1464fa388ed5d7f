import { CallError, UpstreamProblem, UpstreamUnavailable } from "../../kit/src";
import type { ServiceClient } from "../../kit/src";
import type { contract as agentContract } from "../../agent/contract";
import type { contract as busContract } from "../../message-bus/contract";
import { ATTEMPT_DEADLINE_MS } from "../limits";
import type { Action } from "../schemas";
import type { Fault } from "./progress";

export interface Done {
  readonly kind: "done";
  readonly output: unknown;
}

export interface Failed extends Fault {
  readonly kind: "failed";
  /** The same attempt may work later. */
  readonly retryable: boolean;
  /** Whether it may have been done all the same. */
  readonly applied: "no" | "unknown";
  readonly retryAfterMs?: number;
}

/** What one attempt came to: plain JSON, so that it can be kept. */
export type Attempt = Done | Failed;

/** Does actions. An action that is done twice with the same key has the effect of one. Throws nothing that is not a fault of this program. */
export interface Effects {
  /** @param action its references are resolved */
  perform(action: Action, key: string): Promise<Attempt>;
}

/** Answers below 500 that say that the request was good and the time was not. */
const COME_AGAIN = [408, 425, 429];

export class ServiceEffects implements Effects {
  readonly #agents: ServiceClient<typeof agentContract>;
  readonly #bus: ServiceClient<typeof busContract>;

  constructor(agents: ServiceClient<typeof agentContract>, bus: ServiceClient<typeof busContract>) {
    this.#agents = agents;
    this.#bus = bus;
  }

  async perform(action: Action, key: string): Promise<Attempt> {
    try {
      return { kind: "done", output: action.kind === "sendMessage" ? await this.#send(action, key) : await this.#setState(action) };
    } catch (error) {
      if (error instanceof CallError) return failed(error);
      throw error;
    }
  }

  async #send({ to, type, payload, priority }: Extract<Action, { kind: "sendMessage" }>, idempotencyKey: string): Promise<unknown> {
    const body = { to: asId(to), type, payload, ...(priority === undefined ? {} : { priority }) };
    // What has a default there can be left out, which its type does not show.
    const answer = await this.#bus.call("sendMessage", { body: body as never, idempotencyKey, deadlineMs: ATTEMPT_DEADLINE_MS });
    return { messageId: answer.body.id };
  }

  async #setState({ agentId, state }: Extract<Action, { kind: "setAgentState" }>): Promise<unknown> {
    try {
      const { body } = await this.#agents.call("putAgentState", { params: { id: asId(agentId) }, body: { state }, deadlineMs: ATTEMPT_DEADLINE_MS });
      return { state: body.state, revision: body.revision };
    } catch (error) {
      // An attempt whose answer was lost has set it; that an agent is in this state already cannot be told from that.
      if (error instanceof UpstreamProblem && error.code === "illegal-transition" && error.document["current"] === state) return { state };
      throw error;
    }
  }
}

function failed(error: CallError): Failed {
  const { code, message, applied } = error;
  if (error instanceof UpstreamProblem) {
    const retryable = error.status >= 500 || COME_AGAIN.includes(error.status) || (error.status === 409 && error.code === "conflict");
    return { kind: "failed", code, detail: error.document.detail, retryable, applied: error.status < 500 ? "no" : applied };
  }
  const retryAfterMs = error instanceof UpstreamUnavailable ? error.retryAfterMs : undefined;
  return { kind: "failed", code, detail: message, retryable: true, applied, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** References are resolved before, to whatever the input holds; the other service refuses what is no id. */
function asId(value: unknown): string {
  return typeof value === "string" && value !== "" ? value : JSON.stringify(value);
}
