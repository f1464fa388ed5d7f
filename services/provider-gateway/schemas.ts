import type { Readable } from "node:stream";
import { Type } from "typebox";
import { MAX_CHOICES, MAX_MESSAGES, MAX_OUTPUT_TOKENS, MODEL_PATTERN, NAME_PATTERN } from "./limits";

const closed = { additionalProperties: false } as const;
const Model = Type.String({ pattern: MODEL_PATTERN });
const Tenant = Type.String({ pattern: NAME_PATTERN, description: "whose budget and rate this is; absent: 'default'" });
const Tokens = Type.Integer({ minimum: 1, maximum: MAX_OUTPUT_TOKENS });

/** Callers of OpenAI's API send what their provider knows, so objects of this one operation are open. */
const OpenMessage = Type.Unsafe<Readonly<Record<string, unknown>>>({ type: "object", required: ["role"], properties: { role: { type: "string" } } });
const Messages = Type.Array(OpenMessage, { minItems: 1, maxItems: MAX_MESSAGES });

export const ChatHeaders = Type.Object({
  "x-tenant": Type.Optional(Tenant),
  "idempotency-key": Type.Optional(Type.String({ description: "not with 'stream: true': the events of a stream are not kept" })),
});

export const ChatBody = Type.Object(
  {
    model: Model,
    messages: Messages,
    stream: Type.Optional(Type.Boolean()),
    stream_options: Type.Optional(Type.Object({ include_usage: Type.Optional(Type.Boolean()) })),
    n: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_CHOICES })),
    max_tokens: Type.Optional(Tokens),
    max_completion_tokens: Type.Optional(Tokens),
  },
  { additionalProperties: true, description: "an OpenAI chat request; further fields go to the provider as they are" },
);

/** What the provider answered, or its events. */
export const ChatAnswer = Type.Unsafe<object | Readable>({
  type: "object",
  required: ["choices"],
  properties: { choices: { type: "array" }, usage: { type: "object" } },
  description: "the provider's chat completion; with 'stream: true' its chunks, as text/event-stream",
});

export const CompleteBody = Type.Object(
  {
    model: Model,
    messages: Type.Array(Type.Object({ role: Type.Enum(["system", "user", "assistant"]), content: Type.String({ minLength: 1 }) }, closed), { minItems: 1, maxItems: MAX_MESSAGES }),
    maxTokens: Type.Optional(Tokens),
    temperature: Type.Optional(Type.Number({ minimum: 0, maximum: 2 })),
    tenant: Type.Optional(Tenant),
  },
  closed,
);

export const CompleteView = Type.Object(
  {
    provider: Type.String(),
    model: Type.String(),
    content: Type.Union([Type.String(), Type.Null()]),
    finishReason: Type.Union([Type.String(), Type.Null()]),
    usage: Type.Object({ promptTokens: Type.Integer(), completionTokens: Type.Integer(), estimated: Type.Boolean({ description: "the provider did not count" }) }, closed),
    costUsd: Type.Number(),
    latencyMs: Type.Integer(),
  },
  closed,
);

export const ProviderList = Type.Object(
  {
    providers: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          baseUrl: Type.String(),
          priority: Type.Integer(),
          models: Type.Array(Type.Object({ name: Type.String(), inputPer1k: Type.Number(), outputPer1k: Type.Number() }, closed)),
          breaker: Type.Enum(["closed", "open", "half-open"], { description: "as the replica that answers sees it" }),
          coolingMs: Type.Integer({ description: "how much longer it asked to be left alone" }),
        },
        closed,
      ),
    ),
  },
  closed,
);

export const GROUP_BY = ["provider", "model", "tenant", "day"] as const;
const Time = Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,3})?)?Z)?$", description: "RFC 3339 in UTC, or a day" });

export const CostsQuery = Type.Object(
  {
    from: Type.Optional(Type.String({ ...Time, description: "@default the first of this month" })),
    to: Type.Optional(Type.String({ ...Time, description: "not included; @default now" })),
    groupBy: Type.Enum([...GROUP_BY], { default: "provider" }),
  },
  { ...closed, required: [] },
);

const sums = { calls: Type.Integer(), promptTokens: Type.Integer(), completionTokens: Type.Integer(), costUsd: Type.Number(), estimatedCalls: Type.Integer() };
export const CostsView = Type.Object(
  {
    from: Type.String(),
    to: Type.String(),
    groupBy: Type.Enum([...GROUP_BY]),
    groups: Type.Array(Type.Object({ key: Type.String(), ...sums }, closed)),
    total: Type.Object(sums, closed),
    truncated: Type.Boolean(),
  },
  closed,
);

export const ModelList = Type.Object(
  {
    object: Type.Literal("list"),
    data: Type.Array(
      Type.Object(
        { id: Type.String(), object: Type.Literal("model"), created: Type.Integer({ description: "0: not known" }), owned_by: Type.String({ description: "the provider that is asked first" }) },
        closed,
      ),
    ),
  },
  closed,
);
