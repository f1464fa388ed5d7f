import type { Meter } from "@opentelemetry/api";
import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, SamplingBreaker, circuitBreaker, handleWhen } from "cockatiel";
import type { CircuitBreakerPolicy, IBreaker } from "cockatiel";
import type { Logger } from "../logger";
import { UpstreamUnavailable } from "./errors";

/** So many failures in a row open the circuit ... */
const CONSECUTIVE_FAILURES = 5;
/** ... and so does this share of failures in a window, when there is traffic. */
const FAILURE_SHARE = 0.5;
const WINDOW_MS = 10_000;
const MINIMUM_PER_S = 2;
/** After this one call is let through to see. */
export const HALF_OPEN_AFTER_MS = 2_000;

/** Opens when either of two breakers does. */
class Either implements IBreaker {
  readonly #breakers: readonly IBreaker[];
  state: unknown = undefined;

  constructor(breakers: readonly IBreaker[]) {
    this.#breakers = breakers;
  }

  success(state: CircuitState): void {
    for (const breaker of this.#breakers) breaker.success(state);
  }

  failure(state: CircuitState): boolean {
    return this.#breakers.map((breaker) => breaker.failure(state)).includes(true);
  }
}

export interface CircuitArgs {
  readonly service: string;
  readonly meter: Meter;
  readonly logger: Logger;
  /** @default HALF_OPEN_AFTER_MS */
  readonly halfOpenAfterMs?: number;
}

/** Stops calling a service for a while that failed again and again. Only `UpstreamUnavailable` counts as failing. */
export class Circuit {
  readonly #policy: CircuitBreakerPolicy;

  constructor({ service, meter, logger, halfOpenAfterMs }: CircuitArgs) {
    const breaker = new Either([
      new ConsecutiveBreaker(CONSECUTIVE_FAILURES),
      new SamplingBreaker({ threshold: FAILURE_SHARE, duration: WINDOW_MS, minimumRps: MINIMUM_PER_S }),
    ]);
    this.#policy = circuitBreaker(handleWhen((error) => error instanceof UpstreamUnavailable), { halfOpenAfter: halfOpenAfterMs ?? HALF_OPEN_AFTER_MS, breaker });
    this.#policy.onBreak(() => logger.warn({ peer: service }, "circuit opened: the service failed again and again"));
    this.#policy.onReset(() => logger.info({ peer: service }, "circuit closed: the service answers again"));
    meter
      .createObservableGauge("http.client.circuit_open", { description: "1 while calls to a service are not made because it failed" })
      .addCallback((result) => result.observe(this.#policy.state === CircuitState.Closed ? 0 : 1, { "peer.service": service }));
  }

  /** @returns `open` when the work was not done. */
  async run<T>(work: () => Promise<T>): Promise<{ readonly open: false; readonly result: T } | { readonly open: true }> {
    try {
      return { open: false, result: await this.#policy.execute(work) };
    } catch (error) {
      if (error instanceof BrokenCircuitError) return { open: true };
      throw error;
    }
  }
}
