import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from "cockatiel";
import type { CircuitBreakerPolicy } from "cockatiel";
import { readFile } from "node:fs/promises";
import { Pool } from "undici";
import type { Dispatcher } from "undici";
import { BREAK_AFTER_FAILURES, CONNECT_TIMEOUT_MS, DEFAULT_COOLING_MS, HALF_OPEN_AFTER_MS, MAX_CONNECTIONS, MAX_COOLING_MS } from "../limits";
import { readCompletion } from "./chat";
import type { ChatCompletion, ChatRequest } from "./chat";
import { ProviderFailure } from "./provider-failure";
import type { ModelPrice, ProviderSettings } from "./provider-settings";
import { answerText, givenUp, rejected } from "./upstream";
import type { Begun } from "./upstream";

export type BreakerState = "closed" | "open" | "half-open";

/** One provider with an OpenAI-compatible API. */
export class Provider {
  readonly settings: ProviderSettings;
  readonly #pool: Pool;
  readonly #path: string;
  readonly #breaker: CircuitBreakerPolicy;
  #coolUntil = 0;

  /** @param halfOpenAfterMs how long it is left alone when it fails again and again; @default HALF_OPEN_AFTER_MS */
  constructor(settings: ProviderSettings, halfOpenAfterMs = HALF_OPEN_AFTER_MS) {
    const url = new URL(settings.baseUrl);
    this.settings = settings;
    this.#pool = new Pool(url.origin, { connections: MAX_CONNECTIONS, connect: { timeout: CONNECT_TIMEOUT_MS }, headersTimeout: settings.timeoutMs, bodyTimeout: settings.timeoutMs });
    this.#path = `${url.pathname.replace(/\/$/, "")}/chat/completions`;
    this.#breaker = circuitBreaker(handleWhen((error) => error instanceof ProviderFailure && error.counts), {
      halfOpenAfter: halfOpenAfterMs,
      breaker: new ConsecutiveBreaker(BREAK_AFTER_FAILURES),
    });
  }

  priceOf(model: string): ModelPrice | undefined {
    return this.settings.models.find(({ name }) => name === model);
  }

  get state(): BreakerState {
    switch (this.#breaker.state) {
      case CircuitState.Closed:
        return "closed";
      case CircuitState.HalfOpen:
        return "half-open";
      case CircuitState.Open:
      case CircuitState.Isolated:
        return "open";
    }
  }

  /** Milliseconds that it asked for and that are not over. */
  get coolingMs(): number {
    return Math.max(0, Math.round(this.#coolUntil - performance.now()));
  }

  /** The whole answer. @throws ProviderFailure, Problem when the request itself is refused, the signal's reason. */
  complete(request: ChatRequest, signal: AbortSignal): Promise<ChatCompletion> {
    const { name } = this.settings;
    return this.#guarded(async () => {
      const completion = readCompletion(await answerText(name, await this.#open(request, signal), signal));
      if (completion === undefined) throw new ProviderFailure(name, "bad-answer", "answered with something that is no chat completion");
      return completion;
    });
  }

  /** A stream, as soon as it begins. @throws as `complete` does. */
  stream(request: ChatRequest, signal: AbortSignal): Promise<Begun> {
    return this.#guarded(() => this.#open(request, signal));
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    const { name } = this.settings;
    if (this.coolingMs > 0) throw new ProviderFailure(name, "busy", `asked to be left alone for another ${this.coolingMs} ms`, { retryAfterMs: this.coolingMs });
    try {
      return await this.#breaker.execute(work);
    } catch (error) {
      if (error instanceof BrokenCircuitError) throw new ProviderFailure(name, "out", "failed again and again and is left alone", { cause: error });
      if (error instanceof ProviderFailure && error.reason === "busy") {
        this.#coolUntil = performance.now() + Math.min(MAX_COOLING_MS, error.retryAfterMs ?? DEFAULT_COOLING_MS);
      }
      throw error;
    }
  }

  async #open(request: ChatRequest, signal: AbortSignal): Promise<Begun> {
    const { name, apiKeyFile, timeoutMs } = this.settings;
    const authorization = apiKeyFile === undefined ? {} : { authorization: `Bearer ${await keyFrom(name, apiKeyFile)}` };
    let response: Dispatcher.ResponseData;
    try {
      response = await this.#pool.request({
        method: "POST",
        path: this.#path,
        headers: { "content-type": "application/json", accept: request.stream === true ? "text/event-stream" : "application/json", ...authorization },
        body: JSON.stringify(request),
        signal,
      });
    } catch (error) {
      throw this.#failure(error, signal, timeoutMs);
    }
    if (response.statusCode === 200) return { body: response.body };
    throw await rejected(name, response);
  }

  #failure(error: unknown, signal: AbortSignal, timeoutMs: number): Error {
    if (signal.aborted) return givenUp(error);
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    if (code === "UND_ERR_HEADERS_TIMEOUT") return new ProviderFailure(this.settings.name, "timeout", `did not answer within ${timeoutMs} ms`, { cause: error });
    return new ProviderFailure(this.settings.name, "unreachable", "cannot be reached", { cause: error });
  }
}

/** Read for every call, so that a key can be changed. */
async function keyFrom(provider: string, file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    throw new ProviderFailure(provider, "refused", `cannot be asked: its key file '${file}' is not readable`, { cause: error });
  }
}
