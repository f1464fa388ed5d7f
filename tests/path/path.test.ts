import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { startPath } from "./support/region";
import type { Path } from "./support/region";

interface Event { readonly type: string; readonly agentId: string; readonly state: string; readonly sequence: number; readonly traceId: string }
interface Span { readonly service: string; readonly name: string; readonly depth: number }

describe("one path through agent, message bus and monitoring, on real stores", function () {
  this.timeout(60_000);
  let path: Path;

  before(async function () {
    const started = await startPath();
    if (started === undefined) this.skip();
    path = started;
  });
  after(() => path?.stop());

  async function ask<T>(url: string, method = "GET", body?: unknown): Promise<{ readonly status: number; readonly traceId: string; readonly body: T }> {
    const response = await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }) });
    return { status: response.status, traceId: response.headers.get("traceparent")?.split("-")[1] ?? "", body: (await response.json()) as T };
  }

  const create = () => ask<{ readonly id: string }>(`${path.agentUrl}/api/v1/agents`, "POST", { type: "coder", capabilities: ["search"] });

  /** Asks until the answer is as it should be: the services tell one another after their answers. Mocha's timeout ends it. */
  async function until<T>(question: () => Promise<T>, satisfied: (answer: T) => boolean): Promise<T> {
    for (;;) {
      const answer = await question();
      if (satisfied(answer)) return answer;
      await sleep(100);
    }
  }

  const eventsOf = async (id: string): Promise<readonly Event[]> =>
    (await ask<{ readonly events: readonly Event[] }>(`${path.monitoringUrl}/api/v1/monitoring/events?agentId=${id}`)).body.events;

  async function spansOf(traceId: string): Promise<readonly Span[]> {
    const { status, body } = await ask<{ readonly spans: readonly Span[] }>(`${path.monitoringUrl}/api/v1/monitoring/traces/${traceId}`);
    return status === 200 ? body.spans : [];
  }

  const hasHops = (...services: string[]) => (spans: readonly Span[]): boolean => services.every((service) => spans.some((span) => span.service === service));

  it("shows a new agent and its moves, and the trace of each request has every hop", async () => {
    const made = await create();
    assert.equal(made.status, 201);
    const { id } = made.body;
    const [created] = await until(() => eventsOf(id), (events) => events.length === 1);
    assert.deepEqual([created?.type, created?.state, created?.sequence, created?.traceId], ["agent.created", "pending", 0, made.traceId]);

    const moved = await ask(`${path.agentUrl}/api/v1/agents/${id}/state`, "PUT", { state: "ready" });
    assert.equal(moved.status, 200);
    const agent = await until(
      () => ask<{ readonly state: string; readonly history: readonly Event[] }>(`${path.monitoringUrl}/api/v1/monitoring/agents/${id}`),
      ({ body }) => body.state === "ready",
    );
    assert.deepEqual(agent.body.history.map(({ type }) => type), ["agent.state-changed", "agent.created"]);
    const { body: overview } = await ask<{ readonly agents: unknown; readonly missing: readonly string[] }>(`${path.monitoringUrl}/api/v1/monitoring/overview`);
    assert.deepEqual(overview.agents, { total: 1, byState: { ready: 1 } });
    assert.ok(overview.missing.includes("requestsPerSecond"), "no Prometheus, and it is said");

    for (const { traceId } of [made, moved]) {
      const spans = await until(() => spansOf(traceId), hasHops("agent", "message-bus", "monitoring"));
      const hop = (service: string, name: string): Span | undefined => spans.find((span) => span.service === service && span.name === name);
      assert.equal(spans[0]?.service, "agent");
      assert.equal(spans[0]?.depth, 0);
      assert.equal(hop("agent", "outbox relay")?.depth, 1);
      assert.equal(hop("agent", "POST /api/v1/topics/{topic}/events")?.depth, 2);
      assert.equal(hop("message-bus", "POST /api/v1/topics/{topic}/events")?.depth, 3);
      assert.equal(hop("monitoring", "timeline record")?.depth, 1);
    }
  });

  it("brings a task to the agent's mailbox, hands it out and forgets it when it is acknowledged", async () => {
    const { body: agent } = await create();
    const queue = `${path.busUrl}/api/v1/messages/queue/${agent.id}`;
    const waiting = ask<{ readonly messages: readonly { readonly id: string; readonly payload: unknown; readonly receipt: string }[] }>(`${queue}?waitMs=10000`);
    const sent = await ask<{ readonly id: string }>(`${path.busUrl}/api/v1/messages`, "POST", { to: agent.id, type: "task.search", payload: { query: "x" } });
    const [message] = (await waiting).body.messages;
    assert.deepEqual([message?.id, message?.payload], [sent.body.id, { query: "x" }]);
    const acked = await ask<{ readonly acknowledged: readonly string[] }>(`${queue}/ack`, "POST", { receipts: [message?.receipt] });
    assert.deepEqual(acked.body.acknowledged, [message?.receipt]);
    const spans = await until(() => spansOf(sent.traceId), (found) => found.some(({ name }) => name === "mailbox receive"));
    assert.deepEqual(spans.map(({ service, name }) => `${service} ${name}`), ["message-bus POST /api/v1/messages", "message-bus mailbox receive"]);
  });

  it("loses no event of agents that are made while the bus is away, and tells each once", async () => {
    const ids: string[] = [];
    const makeSome = async (count: number): Promise<void> => {
      for (let made = 0; made < count; made += 1) {
        const { status, body } = await create();
        assert.equal(status, 201);
        ids.push(body.id);
      }
    };
    const making = Promise.all([makeSome(20), makeSome(20)]);
    await path.stopBus();
    await making;
    await makeSome(10);
    await path.startBus();
    for (const id of ids) {
      const events = await until(() => eventsOf(id), (found) => found.length > 0);
      assert.deepEqual(events.map(({ type }) => type), ["agent.created"]);
    }
  });

  it("leaves no trace of what nobody asked for", async () => {
    const { body } = await ask<{ readonly traces: readonly Span[] }>(`${path.monitoringUrl}/api/v1/monitoring/traces?limit=100`);
    assert.ok(body.traces.length > 0);
    assert.deepEqual(body.traces.filter(({ name }) => name.includes("/topics/") || name.includes("/otlp/")), [], "neither polls nor the collector's own requests");
  });
});
