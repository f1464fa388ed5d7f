import assert from "node:assert/strict";
import type { ServiceClient } from "../../kit/src";
import { silentLogger } from "../../kit/test/support/context";
import type { contract as agentContract } from "../../agent/contract";
import { contract } from "../contract";
import { Reconciler } from "../src/reconciler";
import { Timeline, record } from "../src/timeline";
import { toChange } from "../src/lifecycle";
import { startDatabase } from "./support/database";
import type { Database } from "./support/database";
import { AGENT, told } from "./support/lifecycle";

const OTHER = "0192f0c1-0000-7000-8000-000000000002";
const GONE = "0192f0c1-0000-7000-8000-000000000003";

describe("agents that events have not told of, on a real PostgreSQL", function () {
  this.timeout(40_000);
  let database: Database;
  let timeline: Timeline;
  const { signal } = new AbortController();

  before(async function () {
    const started = await startDatabase();
    if (started === undefined) this.skip();
    database = started;
    timeline = new Timeline(database.postgres);
  });
  after(() => database?.stop());
  beforeEach(() => database.clear());

  /** Reconciles with these pages of agents. */
  async function reconcile(pages: readonly (readonly { readonly id: string; readonly state: string; readonly updatedAt: string }[])[], maxPages?: number): Promise<void> {
    const list = (input: { readonly query: { readonly cursor?: string } }): object => {
      const page = Number(input.query.cursor ?? 0);
      const agents = (pages[page] ?? []).map((agent) => ({ ...agent, type: "coder", capabilities: [], region: "test", metadata: {}, createdAt: agent.updatedAt, revision: 1 }));
      return { status: 200, headers: {}, body: { agents, ...(page + 1 < pages.length ? { nextCursor: String(page + 1) } : {}) } };
    };
    const agents = { call: (_operation: string, input: never) => Promise.resolve(list(input)), close: () => Promise.resolve() } as unknown as ServiceClient<typeof agentContract>;
    await new Reconciler({ agents, postgres: database.postgres, logger: silentLogger(contract), ...(maxPages === undefined ? {} : { maxPages }) }).reconcile(signal);
  }

  async function tell(event: ReturnType<typeof told>): Promise<void> {
    const change = toChange(event);
    assert.ok(change);
    await database.postgres.transaction(({ query }) => record(query, change));
  }

  it("are known after a listing, and those that are gone are not counted any more", async () => {
    await tell(told("1", 4, { agent: GONE, time: "2026-11-24T19:00:00Z" }));
    await tell(told("2", 4, { agent: AGENT, state: "ready", time: "2026-11-24T19:00:00Z" }));
    await reconcile([[{ id: AGENT, state: "draining", updatedAt: "2026-11-24T19:30:00Z" }], [{ id: OTHER, state: "pending", updatedAt: "2026-11-24T19:30:00Z" }]]);
    assert.deepEqual(await timeline.agentsByState(), { draining: 1, pending: 1 });
    assert.ok((await timeline.agent(GONE))?.deletedAt);
  });

  it("follow their events again after that, and an older listing changes nothing", async () => {
    await reconcile([[{ id: AGENT, state: "pending", updatedAt: "2026-11-24T19:30:00Z" }]]);
    await tell(told("1", 0, { state: "ready", time: "2026-11-24T19:31:00Z" }));
    assert.equal((await timeline.agent(AGENT))?.state, "ready");
    await reconcile([[{ id: AGENT, state: "pending", updatedAt: "2026-11-24T19:30:00Z" }]]);
    assert.equal((await timeline.agent(AGENT))?.state, "ready");
    await tell(told("2", 1, { type: "agent.deleted", state: "ready", time: "2026-11-24T19:32:00Z" }));
    await reconcile([[{ id: AGENT, state: "failed", updatedAt: "2026-11-24T19:40:00Z" }]]);
    assert.deepEqual(await timeline.agentsByState(), {}, "who is removed stays so: the listing was older than the event");
  });

  it("are not taken for removed when the listing was cut short", async () => {
    await tell(told("1", 0, { agent: GONE, time: "2026-11-24T19:00:00Z" }));
    await reconcile([[{ id: AGENT, state: "ready", updatedAt: "2026-11-24T19:30:00Z" }], []], 1);
    assert.deepEqual(await timeline.agentsByState(), { ready: 2 });
  });
});
