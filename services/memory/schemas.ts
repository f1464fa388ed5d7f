import { Type } from "typebox";
import {
  AGENT_ID_PATTERN,
  DEFAULT_HITS,
  DEFAULT_PAGE_SIZE,
  KEY_PATTERN,
  MAX_COMPONENT,
  MAX_CURSOR_LENGTH,
  MAX_DIMENSION,
  MAX_HITS,
  MAX_OUTCOME_LENGTH,
  MAX_PAGE_SIZE,
  MAX_QUERY_TEXT_LENGTH,
  MAX_REWARD,
  MAX_TAGS,
  MAX_TASK_LENGTH,
  MAX_TTL_S,
  TAG_PATTERN,
  TEXT_PATTERN,
} from "./limits";

const closed = { additionalProperties: false } as const;
const AgentId = Type.String({ pattern: AGENT_ID_PATTERN });
const Key = Type.String({ pattern: KEY_PATTERN });
const Tag = Type.String({ pattern: TAG_PATTERN });
const Time = Type.String({ description: "RFC 3339, UTC" });
const Embedding = Type.Array(Type.Number({ minimum: -MAX_COMPONENT, maximum: MAX_COMPONENT }), {
  minItems: 1,
  maxItems: MAX_DIMENSION,
  description: "made by the caller; of the dimension of the region",
});
const Value = Type.Unknown({ description: "any JSON, up to 64 KiB" });
const page = {
  limit: Type.Integer({ minimum: 1, maximum: MAX_PAGE_SIZE, default: DEFAULT_PAGE_SIZE }),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_CURSOR_LENGTH, description: "'nextCursor' of the page before" })),
};
const nextCursor = Type.Optional(Type.String({ description: "absent on the last page" }));
const ETag = Type.String({ pattern: '^(\\*|"[0-9]{1,18}")$' });

export const AgentParams = Type.Object({ agentId: AgentId }, closed);
export const ItemParams = Type.Object({ agentId: AgentId, key: Key }, closed);

export const PutBody = Type.Object(
  {
    value: Value,
    tags: Type.Array(Tag, { maxItems: MAX_TAGS, uniqueItems: true, default: [] }),
    embedding: Type.Optional(Embedding),
    ttlSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_TTL_S, description: "absent: it stays" })),
  },
  { ...closed, required: ["value"] },
);

export const GetHeaders = Type.Object({ "if-none-match": Type.Optional(ETag) });
export const PutHeaders = Type.Object({ "if-match": Type.Optional(ETag), "if-none-match": Type.Optional(Type.String({ pattern: "^\\*$", description: "only when nothing is there" })) });
export const DeleteHeaders = Type.Object({ "if-match": Type.Optional(ETag) });

const head = {
  agentId: AgentId,
  key: Key,
  tags: Type.Array(Tag),
  hasEmbedding: Type.Boolean(),
  revision: Type.Integer({ description: "grows with every change; the ETag is this in quotes" }),
  createdAt: Time,
  updatedAt: Time,
  expiresAt: Type.Optional(Time),
};
export const HeadView = Type.Object(head, closed);
export const ItemView = Type.Object({ ...head, value: Value, embedding: Type.Optional(Embedding) }, closed);

export const ItemsQuery = Type.Object({ prefix: Type.Optional(Key), tag: Type.Optional(Tag), ...page }, { ...closed, required: [] });
export const ItemList = Type.Object({ items: Type.Array(HeadView, { description: "without their values" }), nextCursor }, closed);

export const QueryBody = Type.Object(
  {
    agentId: Type.Optional(AgentId),
    embedding: Type.Optional(Embedding),
    text: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_QUERY_TEXT_LENGTH, pattern: TEXT_PATTERN, description: 'words, "phrases", -exclusions, or' })),
    tags: Type.Array(Tag, { maxItems: MAX_TAGS, uniqueItems: true, default: [], description: "all of them have to be there" }),
    limit: Type.Integer({ minimum: 1, maximum: MAX_HITS, default: DEFAULT_HITS }),
    minScore: Type.Number({ minimum: 0, maximum: 1, default: 0 }),
  },
  { ...closed, required: [] },
);

export const HitList = Type.Object(
  {
    hits: Type.Array(
      Type.Object(
        {
          item: Type.Object({ ...head, value: Value }, closed),
          score: Type.Number({ description: "fused rank, 0 to 1; 1: first in every ranking that was used" }),
          similarity: Type.Optional(Type.Number({ description: "cosine, when the query and the item have an embedding" })),
        },
        closed,
      ),
    ),
  },
  closed,
);

export const ExperienceBody = Type.Object(
  {
    task: Type.String({ minLength: 1, maxLength: MAX_TASK_LENGTH, pattern: TEXT_PATTERN }),
    outcome: Type.String({ minLength: 1, maxLength: MAX_OUTCOME_LENGTH, pattern: TEXT_PATTERN }),
    reward: Type.Number({ minimum: -MAX_REWARD, maximum: MAX_REWARD }),
    embedding: Type.Optional(Embedding),
  },
  closed,
);

export const ExperienceView = Type.Object(
  {
    id: Type.String({ description: "UUID version 7" }),
    agentId: AgentId,
    task: Type.String(),
    outcome: Type.String(),
    reward: Type.Number(),
    embedding: Type.Optional(Embedding),
    createdAt: Time,
  },
  closed,
);

export const ExperiencesQuery = Type.Object(page, { ...closed, required: [] });
export const ExperienceList = Type.Object({ experiences: Type.Array(ExperienceView), nextCursor }, closed);
