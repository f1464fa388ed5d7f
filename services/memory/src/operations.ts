import { fromCursor, isNotModified, problem, toETag, toPage } from "../../kit/src";
import type { OperationsOf } from "../../kit/src";
import type { contract } from "../contract";
import { KEY_PATTERN } from "../limits";
import type { Experiences } from "./experiences";
import type { Items } from "./items";
import type { Search } from "./search";
import { toExperienceView, toHeadView, toHitView, toItemView, toPrecondition } from "./views";

const KEY = new RegExp(KEY_PATTERN);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface Parts {
  readonly items: Items;
  readonly search: Search;
  readonly experiences: Experiences;
}

/** What the service does for each route that its contract publishes as available. */
export function operations({ items, search, experiences }: Parts): OperationsOf<typeof contract> {
  return {
    queryMemory: async ({ body, signal }) => {
      const { agentId, embedding, text, tags, limit, minScore } = body;
      if (embedding === undefined && text === undefined && tags.length === 0) throw nothingAsked();
      const hits = await search.find({ agentId, embedding, text, tags, limit, minScore }, signal);
      return { status: 200, body: { hits: hits.map(toHitView) } };
    },
    listItems: async ({ params, query, signal }) => {
      const { prefix, tag, limit, cursor } = query;
      const after = cursor === undefined ? undefined : fromCursor(cursor, (position) => KEY.test(position));
      const found = await items.list(params.agentId, { prefix, tag }, { after, limit: limit + 1, signal });
      const { items: page, ...next } = toPage(found, limit, ({ key }) => key);
      return { status: 200, body: { items: page.map(toHeadView), ...next } };
    },
    getItem: async ({ params, headers, signal }) => {
      const item = await items.get(params, { signal });
      const etag = toETag(item.revision);
      if (isNotModified(headers["if-none-match"], etag)) return { status: 304, headers: { etag } };
      return { status: 200, headers: { etag }, body: toItemView(item) };
    },
    putItem: async ({ params, headers, body, signal }) => {
      const { value, tags, embedding, ttlSeconds } = body;
      const precondition = toPrecondition(headers["if-match"], headers["if-none-match"]);
      const { head, created } = await items.put({ ...params, value, tags, embedding, ttlSeconds }, precondition, { signal });
      return { status: created ? 201 : 200, headers: { etag: toETag(head.revision) }, body: toHeadView(head) };
    },
    deleteItem: async ({ params, headers, signal }) => {
      await items.delete(params, toPrecondition(headers["if-match"]), { signal });
      return { status: 204 };
    },
    addExperience: async ({ params, body, signal }) => {
      const { task, outcome, reward, embedding } = body;
      const experience = await experiences.add({ agentId: params.agentId, task, outcome, reward, embedding }, { signal });
      return { status: 201, body: toExperienceView(experience) };
    },
    listExperiences: async ({ params, query, signal }) => {
      const { limit, cursor } = query;
      const before = cursor === undefined ? undefined : fromCursor(cursor, (position) => UUID.test(position));
      const found = await experiences.list(params.agentId, { before, limit: limit + 1, signal });
      const { items: page, ...next } = toPage(found, limit, ({ id }) => id);
      return { status: 200, body: { experiences: page.map(toExperienceView), ...next } };
    },
  };
}

function nothingAsked(): Error {
  const detail = "asks for nothing; give 'embedding', 'text' or 'tags'";
  return problem("invalid-request", `body ${detail}`, { violations: [{ in: "body", pointer: "", detail }] });
}
