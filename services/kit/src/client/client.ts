import type { Counter, Histogram } from "@opentelemetry/api";
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import type { AvailableRoute, PublishedRoute, ServiceContract } from "../../contract";
import { remainingMs } from "../deadline";
import type { Logger } from "../logger";
import type { Answer } from "../operation";
import type { Telemetry } from "../telemetry";
import { SlowUpstream, attempt } from "./attempt";
import type { AnyResponse } from "./attempt";
import { Circuit } from "./circuit";
import { CallCancelled, CircuitOpen, DeadlineExceeded, UpstreamUnavailable } from "./errors";
import type { CallErrorArgs } from "./errors";
import type { AnyInput, CallInput } from "./request";
import { RetryBudget } from "./retry-budget";

const MAX_CONNECTIONS = 64;
/** Calls under way, those that wait for a connection included; more are refused at once. */
const MAX_CALLS = 512;
const CONNECT_TIMEOUT_MS = 1_000;
/** Shorter than a server keeps idle connections (`KEEP_ALIVE_TIMEOUT_MS`), so that none is used that is just being closed. */
const KEEP_ALIVE_MS = 60_000;
const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;
const DEFAULT_DEADLINE_MS = 5_000;
const MAX_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 25;
const LARGEST_PAUSE_MS = 1_000;
const IDEMPOTENT_METHODS = ["GET", "PUT", "DELETE"];

export interface ClientArgs {
  /** Such as `http://agent.agentic-flow.svc:8080`. */
  readonly baseUrl: string;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  /** Of each call that says nothing else. @default 5000 */
  readonly deadlineMs?: number;
  /** How long an open circuit stays closed to calls. @default 2000 */
  readonly halfOpenAfterMs?: number;
}

/** Answer of an operation: status and body go together. Operations that are not built have none. */
export type Response<C extends ServiceContract, K extends keyof C["routes"]> = C["routes"][K] extends AvailableRoute<infer S>
  ? Answer<S> & { readonly headers: Readonly<Record<string, string>> }
  : never;

/** Calls the operations of one contract. @see CallError for what it throws */
export interface ServiceClient<C extends ServiceContract> {
  call<K extends keyof C["routes"] & string>(operation: K, input: CallInput<C, K>): Promise<Response<C, K>>;
  /** Lets calls that are under way run out. */
  close(): Promise<void>;
}

/** Opens no connection until the first call. */
export function createClient<C extends ServiceContract>(contract: C, args: ClientArgs): ServiceClient<C> {
  const calls = new Calls(contract, args);
  return {
    call: (operation, input) => calls.call(operation, input) as Promise<never>,
    close: () => calls.close(),
  };
}

class Calls {
  readonly #contract: ServiceContract;
  readonly #args: ClientArgs;
  readonly #pool: Pool;
  readonly #circuit: Circuit;
  readonly #budget = new RetryBudget();
  readonly #durations: Histogram;
  readonly #retries: Counter;
  #underWay = 0;

  constructor(contract: ServiceContract, args: ClientArgs) {
    const { meter } = args.telemetry;
    this.#contract = contract;
    this.#args = args;
    this.#pool = new Pool(args.baseUrl, {
      connections: MAX_CONNECTIONS, pipelining: 1, maxResponseSize: MAX_RESPONSE_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS, keepAliveMaxTimeout: KEEP_ALIVE_MS, connect: { timeout: CONNECT_TIMEOUT_MS },
      // Every call has a deadline of its own, which covers both.
      headersTimeout: 0, bodyTimeout: 0,
    });
    this.#circuit = new Circuit({
      service: contract.name, meter, logger: args.logger,
      ...(args.halfOpenAfterMs === undefined ? {} : { halfOpenAfterMs: args.halfOpenAfterMs }),
    });
    this.#durations = meter.createHistogram("http.client.request.duration", { unit: "s", description: "Time of one attempt to call a service" });
    this.#retries = meter.createCounter("http.client.retries", { description: "Attempts after the first, made or denied by the budget" });
  }

  async call(operation: string, input: AnyInput): Promise<AnyResponse> {
    const route = this.#contract.routes[operation];
    if (route === undefined) throw new TypeError(`'${operation}' is no operation of '${this.#contract.name}'`);
    if (this.#underWay >= MAX_CALLS) {
      throw new UpstreamUnavailable(`${MAX_CALLS} calls are under way already`, this.#about(operation, "no"));
    }
    this.#underWay += 1;
    this.#budget.called();
    try {
      return await this.#untilAnswered(operation, route, input);
    } catch (error) {
      // What the circuit needed to see is a deadline to everybody else.
      throw error instanceof SlowUpstream ? new DeadlineExceeded("no answer in time", { ...error, cause: error.cause }) : error;
    } finally {
      this.#underWay -= 1;
    }
  }

  async #untilAnswered(operation: string, route: PublishedRoute, input: AnyInput): Promise<AnyResponse> {
    const ownMs = input.deadlineMs ?? this.#args.deadlineMs ?? DEFAULT_DEADLINE_MS;
    const until = performance.now() + Math.min(ownMs, remainingMs() ?? ownMs);
    const repeatable = IDEMPOTENT_METHODS.includes(route.method) || input.idempotencyKey !== undefined;
    for (let resend = 0; ; resend += 1) {
      const leftMs = until - performance.now();
      if (leftMs <= 0) throw new DeadlineExceeded("there is no time left for this call", this.#about(operation, "no"));
      if (input.signal?.aborted === true) throw new CallCancelled("given up by the caller", this.#about(operation, "no"));
      try {
        return await this.#once(operation, route, input, leftMs, resend);
      } catch (error) {
        const again = error instanceof UpstreamUnavailable && !(error instanceof SlowUpstream) && repeatable && resend + 1 < MAX_ATTEMPTS;
        if (!again) throw error;
        const pauseMs = error.retryAfterMs ?? Math.min(LARGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** resend) * (0.5 + Math.random() / 2);
        if (performance.now() + pauseMs >= until) throw error;
        const granted = this.#budget.spend();
        this.#retries.add(1, { "peer.service": this.#contract.name, outcome: granted ? "made" : "denied" });
        if (!granted) throw error;
        await sleep(pauseMs, undefined, { signal: input.signal }).catch(() => undefined);
      }
    }
  }

  async #once(operation: string, route: PublishedRoute, input: AnyInput, leftMs: number, resend: number): Promise<AnyResponse> {
    const { telemetry } = this.#args;
    const service = this.#contract.name;
    const outcome = await this.#circuit.run(() =>
      attempt({ pool: this.#pool, telemetry, durations: this.#durations, route, service, operation, input, remainingMs: leftMs, resend }));
    if (outcome.open) throw new CircuitOpen("not called, because its last calls failed; try again later", this.#about(operation, "no"));
    return outcome.result;
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  #about(operation: string, applied: "no" | "unknown"): CallErrorArgs {
    return { service: this.#contract.name, operation, applied };
  }
}
