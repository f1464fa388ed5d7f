import type { Counter, Histogram } from "@opentelemetry/api";
import { SpanKind } from "@opentelemetry/api";
import { Problem, withSpan } from "../../kit/src";
import type { Logger, Telemetry } from "../../kit/src";
import { ProviderFailure } from "./provider-failure";
import type { Provider } from "./provider";

/** What one provider made of a call. */
export interface Served<T> {
  readonly provider: Provider;
  readonly result: T;
}

export interface RoutingArgs {
  /** In the order of their priority. */
  readonly providers: readonly Provider[];
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  /** Name of the variable that providers are configured by. */
  readonly variable: string;
}

/** Finds a provider that serves a model: those that have it are asked in the order of their priority. */
export class Routing {
  readonly providers: readonly Provider[];
  readonly #args: RoutingArgs;
  readonly #durations: Histogram;
  readonly #fallbacks: Counter;

  constructor(args: RoutingArgs) {
    this.#args = args;
    this.providers = args.providers;
    this.#durations = args.telemetry.meter.createHistogram("gateway.provider.duration", { unit: "s", description: "Time until a provider has answered, or its stream has begun" });
    this.#fallbacks = args.telemetry.meter.createCounter("gateway.fallbacks", { description: "Calls that went on to another provider, by the one that failed" });
  }

  /**
   * @throws Problem 503 `no-provider` when none is configured, 404 `unknown-model`, 503 `providers-failed` with what each
   *   of them said, 429 `providers-busy`; and what `work` throws besides ProviderFailure.
   */
  async serve<T>(model: string, work: (provider: Provider) => Promise<T>): Promise<Served<T>> {
    const candidates = this.#candidates(model);
    const failures: ProviderFailure[] = [];
    for (const provider of candidates) {
      try {
        return { provider, result: await this.#ask(provider, model, work) };
      } catch (error) {
        if (!(error instanceof ProviderFailure)) throw error;
        this.#args.logger.warn({ err: error, provider: error.provider, reason: error.reason, model }, "a provider did not serve a call");
        this.#fallbacks.add(1, { provider: error.provider, reason: error.reason });
        failures.push(error);
      }
    }
    throw allFailed(model, failures);
  }

  #candidates(model: string): Provider[] {
    const { providers, variable } = this.#args;
    if (providers.length === 0) {
      throw new Problem({
        code: "no-provider", status: 503, title: "No provider is configured",
        detail: `this region has no model provider; set '${variable}' of the provider-gateway, see its README`,
      });
    }
    const candidates = providers.filter((provider) => provider.priceOf(model) !== undefined);
    if (candidates.length > 0) return candidates;
    throw new Problem({ code: "unknown-model", status: 404, title: "No provider has this model", detail: `no provider has model '${model}'; GET /v1/models lists those there are` });
  }

  async #ask<T>(provider: Provider, model: string, work: (provider: Provider) => Promise<T>): Promise<T> {
    const { name } = provider.settings;
    const startedAt = performance.now();
    let outcome = "failed";
    try {
      const attributes = { "gen_ai.operation.name": "chat", "gen_ai.provider.name": name, "gen_ai.request.model": model };
      const result = await withSpan(this.#args.telemetry.tracer, `chat ${model}`, attributes, () => work(provider), { kind: SpanKind.CLIENT });
      outcome = "ok";
      return result;
    } finally {
      this.#durations.record((performance.now() - startedAt) / 1000, { provider: name, outcome });
    }
  }
}

function allFailed(model: string, failures: readonly ProviderFailure[]): Problem {
  const attempts = failures.map(({ provider, reason }) => ({ provider, reason }));
  const detail = `no provider of model '${model}' served the call: ${failures.map(({ message }) => message).join("; ")}`;
  const waits = failures.flatMap(({ retryAfterMs }) => retryAfterMs ?? []);
  const headers = { "retry-after": String(Math.max(1, Math.ceil(Math.min(...waits, 60_000) / 1000))) };
  const busy = failures.every(({ reason }) => reason === "busy");
  return busy
    ? new Problem({ code: "providers-busy", status: 429, title: "All providers of this model have too much to do", detail, headers, extensions: { attempts } })
    : new Problem({ code: "providers-failed", status: 503, title: "No provider served the call", detail, headers: waits.length > 0 ? headers : { "retry-after": "1" }, extensions: { attempts } });
}
