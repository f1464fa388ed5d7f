import { Type } from "typebox";
import {
  DEFAULT_PAGE_SIZE,
  ID_PATTERN,
  MAX_CAPABILITIES,
  MAX_CURSOR_LENGTH,
  MAX_IDEMPOTENCY_KEY_LENGTH,
  MAX_METADATA_PROPERTIES,
  MAX_NAME_LENGTH,
  MAX_PAGE_SIZE,
  NAME_PATTERN,
} from "./limits";

const closed = { additionalProperties: false } as const;
const Name = Type.String({ pattern: NAME_PATTERN, maxLength: MAX_NAME_LENGTH });
export const AGENT_STATES = ["pending", "ready", "allocated", "draining", "terminated", "failed"] as const;
export type AgentState = (typeof AGENT_STATES)[number];

const State = Type.Enum([...AGENT_STATES]);
const Capabilities = Type.Array(Name, { maxItems: MAX_CAPABILITIES, uniqueItems: true, default: [] });
const Metadata = Type.Unsafe<Record<string, unknown>>({
  type: "object",
  maxProperties: MAX_METADATA_PROPERTIES,
  default: {},
  description: "any JSON; kept and given back, never looked at",
});

export const AgentId = Type.Object({ id: Type.String({ pattern: ID_PATTERN }) }, closed);

export const CreateBody = Type.Object({ type: Name, capabilities: Capabilities, metadata: Metadata }, { ...closed, required: ["type"] });

export const CreateHeaders = Type.Object({
  "idempotency-key": Type.Optional(Type.String({ minLength: 1, maxLength: MAX_IDEMPOTENCY_KEY_LENGTH })),
});

export const ListQuery = Type.Object(
  {
    capability: Type.Optional(Name),
    type: Type.Optional(Name),
    state: Type.Optional(State),
    limit: Type.Integer({ minimum: 1, maximum: MAX_PAGE_SIZE, default: DEFAULT_PAGE_SIZE }),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_CURSOR_LENGTH })),
  },
  { ...closed, required: [] },
);

export const StateBody = Type.Object({ state: State }, closed);

export const ChangeHeaders = Type.Object({
  "if-match": Type.Optional(Type.String({ pattern: '^(\\*|"[0-9]{1,18}")$', description: "the ETag that was read, or *" })),
});

export const AgentView = Type.Object(
  {
    id: Type.String({ pattern: ID_PATTERN }),
    type: Name,
    capabilities: Type.Array(Name),
    metadata: Type.Unsafe<Record<string, unknown>>({ type: "object" }),
    state: State,
    region: Type.String(),
    createdAt: Type.String({ description: "RFC 3339, UTC" }),
    updatedAt: Type.String({ description: "RFC 3339, UTC" }),
    revision: Type.Integer({ description: "grows with every change; the ETag is this in quotes" }),
  },
  closed,
);

export const AgentList = Type.Object(
  {
    agents: Type.Array(AgentView),
    nextCursor: Type.Optional(Type.String({ description: "absent on the last page; a page before it may be shorter than 'limit'" })),
  },
  closed,
);

export const LIFECYCLE_EVENTS = ["agent.created", "agent.state-changed", "agent.deleted"] as const;
export type LifecycleEventType = (typeof LIFECYCLE_EVENTS)[number];

/** `data` of the events on `agent.lifecycle`; their `subject` is the agent's id. Open: later versions add fields. */
export const LifecycleData = Type.Object({
  id: Type.String({ pattern: ID_PATTERN }),
  type: Name,
  capabilities: Type.Array(Name),
  state: State,
  previousState: Type.Optional(State),
  region: Type.String(),
  sequence: Type.Integer({ minimum: 0, description: "counts the changes of this agent: orders its events, and shows a missing one" }),
});
