import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import { problem } from "../../kit/src";
import { COMPLETE_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from "../limits";
import type { Admission } from "./admission";
import { guessTokens, reportedUsage } from "./chat";
import type { ChatCompletion, ChatRequest } from "./chat";
import type { Entry, Ledger } from "./ledger";
import { costNanoUsd } from "./money";
import type { Usage } from "./money";
import type { Provider } from "./provider";
import { Relay } from "./relay";
import type { Routing, Served } from "./routing";

export interface GatewayArgs {
  readonly admission: Admission;
  readonly routing: Routing;
  readonly ledger: Ledger;
}

export interface Completed {
  readonly completion: ChatCompletion;
  readonly provider: string;
  readonly usage: Usage;
  readonly costNanoUsd: number;
  readonly latencyMs: number;
}

export interface Streaming {
  readonly stream: Readable;
  readonly provider: string;
}

/** Calls models on behalf of tenants, and writes down what it costs. Throws Problem and PostgresError. */
export class Gateway {
  readonly #args: GatewayArgs;

  constructor(args: GatewayArgs) {
    this.#args = args;
  }

  /** A whole answer. Its cost is written down before it is given back. */
  async complete(named: string | undefined, request: ChatRequest, signal: AbortSignal): Promise<Completed> {
    const { admission, routing, ledger } = this.#args;
    const call = new Call(await admission.admit(named, signal), request, false);
    const until = AbortSignal.any([signal, AbortSignal.timeout(COMPLETE_TIMEOUT_MS)]);
    let asked: Provider | undefined;
    let served: Served<ChatCompletion>;
    try {
      served = await routing.serve(request.model, (provider) => {
        asked = provider;
        return provider.complete(request, until);
      });
    } catch (error) {
      // The provider may have done its work for nobody, and charges for it.
      if (until.aborted && asked !== undefined) await ledger.record(call.entry("abandoned", asked, call.guess())).catch(() => undefined);
      throw error;
    }
    const { provider, result } = served;
    const usage = reportedUsage(result) ?? { ...call.guess(), completionTokens: guessTokens(result.choices.map(({ message }) => message?.content)) };
    const entry = call.entry("ok", provider, usage);
    // The provider has done its work, and charges for it: whoever asks again with the same key must not make it do so twice.
    await ledger.record(entry).catch((cause: unknown) => {
      throw problem("deadline-exceeded", "a provider has answered, and what it cost could not be written down; it may have cost something", { headers: { "retry-after": "1" }, cause });
    });
    return { completion: result, provider: entry.provider, usage, costNanoUsd: entry.costNanoUsd, latencyMs: entry.latencyMs };
  }

  /** A stream that has begun. From here on no other provider takes over. Its cost is written down when it ends, however it does. */
  async stream(named: string | undefined, request: ChatRequest, signal: AbortSignal): Promise<Streaming> {
    const { admission, routing, ledger } = this.#args;
    const call = new Call(await admission.admit(named, signal), request, true);
    const hideUsage = request.stream_options?.include_usage !== true;
    const asked: ChatRequest = { ...request, stream_options: { ...request.stream_options, include_usage: true } };
    const until = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
    const { provider, result } = await routing.serve(request.model, (candidate) => candidate.stream(asked, until));
    const stream = new Relay(result.body, {
      hideUsage,
      promptTokens: call.guess().promptTokens,
      // Too late to refuse: the ledger has logged it.
      onEnd: (outcome, usage) => ledger.record(call.entry(outcome, provider, usage)).catch(() => undefined),
    });
    return { stream, provider: provider.settings.name };
  }
}

/** One call under way. */
class Call {
  readonly #tenant: string;
  readonly #request: ChatRequest;
  readonly #streamed: boolean;
  readonly #id = randomUUID();
  readonly #at = new Date();
  readonly #startedAt = performance.now();

  constructor(tenant: string, request: ChatRequest, streamed: boolean) {
    this.#tenant = tenant;
    this.#request = request;
    this.#streamed = streamed;
  }

  /** What it costs at the least, before anybody has counted. */
  guess(): Usage {
    return { promptTokens: guessTokens(this.#request.messages), completionTokens: 0, estimated: true };
  }

  entry(outcome: Entry["outcome"], provider: Provider, usage: Usage): Entry {
    const { model } = this.#request;
    const price = provider.priceOf(model);
    if (price === undefined) throw problem("internal", `provider '${provider.settings.name}' served model '${model}' and has no price for it`);
    return {
      id: this.#id, at: this.#at, tenant: this.#tenant, provider: provider.settings.name, model, streamed: this.#streamed, outcome, usage,
      costNanoUsd: costNanoUsd(usage, price),
      latencyMs: Math.round(performance.now() - this.#startedAt),
    };
  }
}
