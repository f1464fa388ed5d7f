import type { OperationsOf } from "../../kit/src";
import { COLLECTION } from "../contract";
import type { contract } from "../contract";
import { fromCursor, toCursor } from "./cursor";
import type { AgentRegistry } from "./registry";
import { fromIfMatch, toETag, toView } from "./views";

/** What the service does for each route that its contract publishes as available. */
export function operations(registry: AgentRegistry): OperationsOf<typeof contract> {
  return {
    createAgent: async ({ body, headers, signal }) => {
      const { type, capabilities, metadata } = body;
      const agent = await registry.create({ type, capabilities, metadata }, headers["idempotency-key"], { signal });
      const location = `${COLLECTION}/${agent.record.id}`;
      return { status: 201, headers: { location, etag: toETag(agent.revision) }, body: toView(agent) };
    },
    listAgents: async ({ query, signal }) => {
      const { capability, type, state, limit, cursor } = query;
      const after = cursor === undefined ? undefined : fromCursor(cursor);
      const page = await registry.list({ capability, type, state }, { after, limit, signal });
      const nextCursor = page.nextAfter === undefined ? undefined : toCursor(page.nextAfter);
      return { status: 200, body: { agents: page.agents.map(toView), nextCursor } };
    },
    getAgent: async ({ params, signal }) => {
      const agent = await registry.get(params.id, { signal });
      return { status: 200, headers: { etag: toETag(agent.revision) }, body: toView(agent) };
    },
    putAgentState: async ({ params, headers, body, signal }) => {
      const agent = await registry.move(params.id, body.state, fromIfMatch(headers["if-match"]), { signal });
      return { status: 200, headers: { etag: toETag(agent.revision) }, body: toView(agent) };
    },
    deleteAgent: async ({ params, headers, signal }) => {
      await registry.delete(params.id, fromIfMatch(headers["if-match"]), { signal });
      return { status: 204 };
    },
  };
}
