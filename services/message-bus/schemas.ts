import { Type } from "typebox";
import {
  DEFAULT_BATCH, DEFAULT_PAGE_SIZE, DEFAULT_TTL_S, DEFAULT_VISIBILITY_S, ID_PATTERN, MAX_BATCH, MAX_CURSOR_LENGTH, MAX_EVENT_ID_LENGTH,
  MAX_EVENT_SOURCE_LENGTH, MAX_IDEMPOTENCY_KEY_LENGTH, MAX_OFFSET, MAX_PAGE_SIZE, MAX_RECEIPTS, MAX_RECEIPT_LENGTH, MAX_TOPIC_LENGTH, MAX_TTL_S,
  MAX_VISIBILITY_S, MAX_WAIT_MS, TOPIC_PATTERN, TYPE_PATTERN,
} from "./limits";

const closed = { additionalProperties: false } as const;
const Id = Type.String({ pattern: ID_PATTERN });
const Time = Type.String({ description: "RFC 3339, UTC" });
const JsonObject = Type.Unsafe<Record<string, unknown>>({ type: "object", description: "any JSON; handed on, never looked at" });
const MessageType = Type.String({ pattern: TYPE_PATTERN, description: "what the receiver decides on, such as `task.summarise`" });
const WaitMs = Type.Integer({ minimum: 0, maximum: MAX_WAIT_MS, default: 0, description: "how long to wait when there is nothing yet" });

export const PRIORITIES = ["high", "normal", "low"] as const;
export type Priority = (typeof PRIORITIES)[number];
const PriorityName = Type.Enum([...PRIORITIES]);

export const SendHeaders = Type.Object({
  "idempotency-key": Type.Optional(Type.String({ minLength: 1, maxLength: MAX_IDEMPOTENCY_KEY_LENGTH })),
});

export const SendBody = Type.Object(
  {
    to: Type.String({ pattern: ID_PATTERN, description: "id of an agent; whether it exists is not checked" }),
    type: MessageType,
    payload: JsonObject,
    priority: Type.Unsafe<Priority>({ ...PriorityName, default: "normal" }),
    ttlSeconds: Type.Integer({ minimum: 1, maximum: MAX_TTL_S, default: DEFAULT_TTL_S }),
  },
  { ...closed, required: ["to", "type", "payload"] },
);

export const SentMessage = Type.Object({ id: Id, to: Id, sentAt: Time, expiresAt: Time }, closed);

export const Mailbox = Type.Object({ agentId: Id }, closed);

export const ReceiveQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: MAX_BATCH, default: DEFAULT_BATCH }),
    waitMs: WaitMs,
    visibilitySeconds: Type.Integer({ minimum: 1, maximum: MAX_VISIBILITY_S, default: DEFAULT_VISIBILITY_S, description: "how long nobody else gets the messages" }),
  },
  { ...closed, required: [] },
);

const message = {
  id: Id, to: Id, type: Type.String(), payload: JsonObject, priority: Type.Unsafe<Priority>(PriorityName), sentAt: Time, expiresAt: Time,
  deliveries: Type.Integer({ description: "how often it was handed out" }),
  traceparent: Type.Optional(Type.String({ description: "W3C Trace Context of whoever sent it" })),
  tracestate: Type.Optional(Type.String()),
};

export const ReceivedMessages = Type.Object(
  { messages: Type.Array(Type.Object({ ...message, receipt: Type.String({ description: "acknowledges this very delivery" }), visibleAt: Time }, closed)) },
  closed,
);

export const AckBody = Type.Object(
  { receipts: Type.Array(Type.String({ minLength: 1, maxLength: MAX_RECEIPT_LENGTH }), { minItems: 1, maxItems: MAX_RECEIPTS, uniqueItems: true }) },
  closed,
);

export const Acknowledged = Type.Object(
  {
    acknowledged: Type.Array(Type.String()),
    unknown: Type.Array(Type.String(), { description: "acknowledged before, expired, or handed out again since" }),
  },
  closed,
);

export const PageQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: MAX_PAGE_SIZE, default: DEFAULT_PAGE_SIZE }),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_CURSOR_LENGTH })),
  },
  { ...closed, required: [] },
);

export const DeadLetters = Type.Object(
  { messages: Type.Array(Type.Object({ ...message, deadAt: Time }, closed)), nextCursor: Type.Optional(Type.String()) },
  closed,
);

export const TopicName = Type.Object({ topic: Type.String({ pattern: TOPIC_PATTERN, maxLength: MAX_TOPIC_LENGTH }) }, closed);

/** CloudEvents 1.0 in its JSON format, with the extension for distributed tracing. */
export const Event = Type.Object(
  {
    specversion: Type.Literal("1.0"),
    id: Type.String({ minLength: 1, maxLength: MAX_EVENT_ID_LENGTH }),
    source: Type.String({ minLength: 1, maxLength: MAX_EVENT_SOURCE_LENGTH }),
    type: Type.String({ minLength: 1, maxLength: 128 }),
    subject: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    time: Type.Optional(Type.String({ maxLength: 64, pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)$" })),
    datacontenttype: Type.Optional(Type.Literal("application/json")),
    dataschema: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    data: Type.Optional(Type.Unsafe<unknown>({ description: "any JSON" })),
    traceparent: Type.Optional(Type.String({ maxLength: 64 })),
    tracestate: Type.Optional(Type.String({ maxLength: 512 })),
  },
  closed,
);

const Offset = Type.Integer({ minimum: 1, maximum: MAX_OFFSET, description: "place in the topic, from 1 without gaps" });

export const Published = Type.Object({ topic: Type.String(), offset: Offset }, closed);

export const ReadQuery = Type.Object(
  {
    after: Type.Integer({ minimum: 0, maximum: MAX_OFFSET, default: 0, description: "offset of the last event that was read" }),
    limit: Type.Integer({ minimum: 1, maximum: MAX_PAGE_SIZE, default: DEFAULT_PAGE_SIZE }),
    waitMs: WaitMs,
  },
  { ...closed, required: [] },
);

export const TopicEvents = Type.Object(
  {
    events: Type.Array(Type.Object({ offset: Offset, event: Event }, closed)),
    next: Type.Integer({ minimum: 0, description: "hand this back as 'after'" }),
    missed: Type.Integer({ minimum: 0, description: "events after 'after' that are no longer kept" }),
  },
  closed,
);

export const Topics = Type.Object(
  { topics: Type.Array(Type.Object({ topic: Type.String(), lastOffset: Type.Integer() }, closed)) },
  closed,
);
