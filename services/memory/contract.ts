import { HEALTH_PATHS, SERVICE_LIMITS, SERVICE_OBJECTIVE, SERVICE_PORTS, SERVICE_SHUTDOWN, defineContract } from "../kit/contract";
import {
  AgentParams,
  DeleteHeaders,
  ExperienceBody,
  ExperienceList,
  ExperienceView,
  ExperiencesQuery,
  GetHeaders,
  HeadView,
  HitList,
  ItemList,
  ItemParams,
  ItemView,
  ItemsQuery,
  PutBody,
  PutHeaders,
  QueryBody,
} from "./schemas";

export const ROOT = "/api/v1/memory";
const ITEMS = `${ROOT}/{agentId}/items` as const;
const ITEM = `${ITEMS}/{key}` as const;
const EXPERIENCES = `${ROOT}/{agentId}/experiences` as const;

const ETAG = { etag: "the item's revision, in quotes" } as const;
const NOT_FOUND = { "not-found": { status: 404, description: "there is no such item, or no longer" } } as const;
const CHANGED = { "precondition-failed": { status: 412, description: "the item is not as 'If-Match' or 'If-None-Match' says" } } as const;

/** A value of 64 KiB, an embedding of 2,000 numbers, and the rest. */
const REQUEST_BODY_BYTES = 160 * 1024;

/** The memory service: what agents remember, and how it is found again. */
export const contract = defineContract({
  name: "memory",
  version: "1.0.0",
  summary: "Memory of agents: items by key, hybrid search, experiences",
  ports: SERVICE_PORTS,
  prefixes: [ROOT],
  routes: {
    queryMemory: {
      method: "POST",
      path: `${ROOT}/query`,
      summary: "Find items by embedding, words and tags",
      status: "available",
      schema: { body: QueryBody, responses: { 200: { description: "Best first", body: HitList } } },
    },
    listItems: {
      method: "GET",
      path: ITEMS,
      summary: "List an agent's items by prefix and tag",
      status: "available",
      schema: { params: AgentParams, query: ItemsQuery, responses: { 200: { description: "One page, in the order of keys", body: ItemList } } },
    },
    getItem: {
      method: "GET",
      path: ITEM,
      summary: "Read one item",
      status: "available",
      schema: {
        params: ItemParams,
        headers: GetHeaders,
        responses: { 200: { description: "The item", body: ItemView, headers: ETAG }, 304: { description: "It is as 'If-None-Match' says", headers: ETAG } },
        problems: NOT_FOUND,
      },
    },
    putItem: {
      method: "PUT",
      path: ITEM,
      summary: "Remember something under a key",
      status: "available",
      schema: {
        params: ItemParams,
        headers: PutHeaders,
        body: PutBody,
        responses: { 200: { description: "Replaced", body: HeadView, headers: ETAG }, 201: { description: "Created", body: HeadView, headers: ETAG } },
        problems: CHANGED,
      },
    },
    deleteItem: {
      method: "DELETE",
      path: ITEM,
      summary: "Forget one item",
      status: "available",
      schema: { params: ItemParams, headers: DeleteHeaders, responses: { 204: { description: "Forgotten" } }, problems: { ...NOT_FOUND, ...CHANGED } },
    },
    addExperience: {
      method: "POST",
      path: EXPERIENCES,
      summary: "Add what was tried and what came of it",
      status: "available",
      idempotency: "key",
      schema: { params: AgentParams, body: ExperienceBody, responses: { 201: { description: "Added", body: ExperienceView } } },
    },
    listExperiences: {
      method: "GET",
      path: EXPERIENCES,
      summary: "List an agent's experiences",
      status: "available",
      schema: { params: AgentParams, query: ExperiencesQuery, responses: { 200: { description: "One page, newest first", body: ExperienceList } } },
    },
    queryGraph: { method: "POST", path: `${ROOT}/graph/query`, summary: "Follow relations between items", status: "planned" },
  },
  health: HEALTH_PATHS,
  limits: { ...SERVICE_LIMITS, requestBodyBytes: REQUEST_BODY_BYTES },
  shutdown: SERVICE_SHUTDOWN,
  needs: ["postgres", "redis"],
  stores: [
    { system: "postgres", prefix: "memory", holds: "items and experiences" },
    { system: "redis", prefix: "memory:", holds: "copies of items for half a minute; nothing that cannot be lost" },
  ],
  topics: { publishes: [], consumes: [] },
  env: {
    embeddingDimension: {
      name: "MEMORY_EMBEDDING_DIMENSION",
      description: "Numbers in every embedding, 1 to 2000; fixed once the database has been used",
      kind: "integer",
      required: false,
      default: "384",
    },
  },
  calls: [],
  slo: SERVICE_OBJECTIVE,
});
