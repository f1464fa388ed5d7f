import { HEALTH_PATHS, SERVICE_OBJECTIVE, SERVICE_PORTS, SERVICE_SHUTDOWN, defineContract } from "../kit/contract";
import { REQUEST_BODY_BYTES, REQUEST_TIMEOUT_MS } from "./limits";
import { ChatAnswer, ChatBody, ChatHeaders, CompleteBody, CompleteView, CostsQuery, CostsView, ModelList, ProviderList } from "./schemas";

export const PROVIDERS_ROOT = "/api/v1/providers";
export const OPENAI_ROOT = "/v1";

const CALL_PROBLEMS = {
  "budget-exhausted": { status: 402, description: "the tenant has spent its budget of this month" },
  "unknown-tenant": { status: 403, description: "the tenant is not configured" },
  "unknown-model": { status: 404, description: "no provider has the model" },
  "provider-refused": { status: 422, description: "the provider does not accept the request" },
  "providers-busy": { status: 429, description: "all providers of the model, or the tenant, have too many requests" },
  "no-provider": { status: 503, description: "no provider is configured, or none served the call" },
} as const;

/** The provider gateway: models of several providers behind one API, with budgets, limits and costs. */
export const contract = defineContract({
  name: "provider-gateway",
  version: "1.0.0",
  summary: "Model providers behind one OpenAI-compatible API: fallback, budgets, rate limits, costs",
  ports: SERVICE_PORTS,
  prefixes: [PROVIDERS_ROOT, OPENAI_ROOT],
  routes: {
    createChatCompletion: {
      method: "POST",
      path: `${OPENAI_ROOT}/chat/completions`,
      summary: "Chat with a model, in OpenAI's form",
      status: "available",
      idempotency: "key",
      schema: {
        headers: ChatHeaders,
        body: ChatBody,
        responses: { 200: { description: "The provider's answer", body: ChatAnswer, headers: { "x-provider": "who served it", "x-cost-usd": "what it cost; not on streams" } } },
        problems: CALL_PROBLEMS,
      },
    },
    listModels: {
      method: "GET",
      path: `${OPENAI_ROOT}/models`,
      summary: "List the models there are, in OpenAI's form",
      status: "available",
      schema: { responses: { 200: { description: "All models", body: ModelList } } },
    },
    createEmbedding: { method: "POST", path: `${OPENAI_ROOT}/embeddings`, summary: "Embed text, in OpenAI's form", status: "planned" },
    completeChat: {
      method: "POST",
      path: `${PROVIDERS_ROOT}/complete`,
      summary: "Chat with a model, and be told what it cost",
      status: "available",
      idempotency: "key",
      schema: { body: CompleteBody, responses: { 200: { description: "The answer and its cost", body: CompleteView } }, problems: CALL_PROBLEMS },
    },
    listProviders: {
      method: "GET",
      path: PROVIDERS_ROOT,
      summary: "List the configured providers and how they are",
      status: "available",
      schema: { responses: { 200: { description: "In the order they are asked", body: ProviderList } } },
    },
    getCosts: {
      method: "GET",
      path: `${PROVIDERS_ROOT}/costs`,
      summary: "Sum up what calls have cost",
      status: "available",
      schema: { query: CostsQuery, responses: { 200: { description: "The dearest first", body: CostsView } } },
    },
  },
  health: HEALTH_PATHS,
  limits: { requestBodyBytes: REQUEST_BODY_BYTES, requestTimeoutMs: REQUEST_TIMEOUT_MS, connections: 500 },
  // Answers of models take their time.
  shutdown: { ...SERVICE_SHUTDOWN, inFlightDeadlineMs: 30_000 },
  needs: ["postgres", "redis"],
  stores: [
    { system: "postgres", prefix: "provider_gateway", holds: "one row for each call, and what each tenant has spent" },
    { system: "redis", prefix: "provider-gateway:", holds: "how many requests each tenant has left; nothing that cannot be lost" },
  ],
  topics: { publishes: [], consumes: [] },
  env: {
    providers: { name: "PROVIDERS", description: "JSON list of the model providers, see the README", kind: "string", required: false, default: "[]" },
    tenantLimits: { name: "TENANT_LIMITS", description: "JSON object of tenants to their budgets and rates, see the README", kind: "string", required: false, default: "{}" },
  },
  calls: [],
  // A model takes seconds; what the platform promises is that its own share of failures is small.
  slo: { ...SERVICE_OBJECTIVE, latencyMs: 10_000, latencyShare: 0.95 },
});
