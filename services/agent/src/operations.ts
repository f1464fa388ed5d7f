import { operation } from "../../kit/src";
import type { OperationsOf } from "../../kit/src";
import { contract } from "../contract";
import { fromCursor, toCursor } from "./cursor";
import type { AgentRegistry } from "./registry";
import {
  AgentId, AgentList, AgentView, ChangeHeaders, CreateBody, CreateHeaders, ListQuery, StateBody, fromIfMatch, toETag, toView,
} from "./schemas";

const ETAG = { etag: "the agent's revision, in quotes" } as const;
const NOT_FOUND = { "not-found": { status: 404, description: "there is no such agent" } } as const;
const CHANGED = { "precondition-failed": { status: 412, description: "the agent is not at the revision of 'If-Match'" } } as const;

/** What the service does for each route that its contract publishes as available. */
export function operations(registry: AgentRegistry): OperationsOf<typeof contract> {
  return {
    createAgent: operation(
      {
        headers: CreateHeaders,
        body: CreateBody,
        responses: { 201: { description: "Registered", body: AgentView, headers: { ...ETAG, location: "path of the agent" } } },
        problems: { "idempotency-key-reused": { status: 422, description: "the key came with another body before" } },
      },
      async ({ body, headers, signal }) => {
        const { type, capabilities, metadata } = body;
        const agent = await registry.create({ type, capabilities, metadata }, headers["idempotency-key"], { signal });
        const location = `${contract.prefix}/${agent.record.id}`;
        return { status: 201, headers: { location, etag: toETag(agent.revision) }, body: toView(agent) };
      },
    ),
    listAgents: operation(
      { query: ListQuery, responses: { 200: { description: "One page, in the order of creation", body: AgentList } } },
      async ({ query, signal }) => {
        const { capability, type, state, limit, cursor } = query;
        const after = cursor === undefined ? undefined : fromCursor(cursor);
        const page = await registry.list({ capability, type, state }, { after, limit, signal });
        const nextCursor = page.nextAfter === undefined ? undefined : toCursor(page.nextAfter);
        return { status: 200, body: { agents: page.agents.map(toView), nextCursor } };
      },
    ),
    getAgent: operation(
      { params: AgentId, responses: { 200: { description: "The agent", body: AgentView, headers: ETAG } }, problems: NOT_FOUND },
      async ({ params, signal }) => {
        const agent = await registry.get(params.id, { signal });
        return { status: 200, headers: { etag: toETag(agent.revision) }, body: toView(agent) };
      },
    ),
    putAgentState: operation(
      {
        params: AgentId,
        headers: ChangeHeaders,
        body: StateBody,
        responses: { 200: { description: "Moved", body: AgentView, headers: ETAG } },
        problems: {
          ...NOT_FOUND,
          ...CHANGED,
          "illegal-transition": { status: 409, description: "not allowed from the agent's state; 'allowed' names what is" },
        },
      },
      async ({ params, headers, body, signal }) => {
        const agent = await registry.move(params.id, body.state, fromIfMatch(headers["if-match"]), { signal });
        return { status: 200, headers: { etag: toETag(agent.revision) }, body: toView(agent) };
      },
    ),
    deleteAgent: operation(
      { params: AgentId, headers: ChangeHeaders, responses: { 204: { description: "Removed" } }, problems: { ...NOT_FOUND, ...CHANGED } },
      async ({ params, headers, signal }) => {
        await registry.delete(params.id, fromIfMatch(headers["if-match"]), { signal });
        return { status: 204 };
      },
    ),
  };
}
