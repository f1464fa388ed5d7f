import assert from "node:assert/strict";
import { it } from "mocha";
import { services } from "../../../services";
import { eventually, requireExit } from "../../support/cli";
import type { RegionUnderTest } from "../support/region-under-test";

interface Created {
  readonly id: string;
}

interface Timeline {
  readonly events: readonly { readonly type: string; readonly state?: string; readonly traceId?: string }[];
}

interface Delivery {
  readonly messages: readonly { readonly id: string; readonly type: string; readonly payload: unknown; readonly receipt: string; readonly traceparent?: string }[];
}

interface Trace {
  readonly spans: readonly { readonly service: string; readonly name: string; readonly depth: number }[];
}

interface Overview {
  readonly services: readonly { readonly name: string; readonly ready: number | null; readonly planned501: number | null }[];
  readonly agents: { readonly total: number };
}

/** The collector sends in batches, and the timeline follows the bus. */
const SEEN_WITHIN_MS = 30_000;
/** Two scrapes, and an evaluation of the rules. */
const MEASURED_WITHIN_MS = 120_000;

/** One thing done through several services, and what the region tells of it. */
export function path(region: RegionUnderTest): void {
  const traceIdOf = (response: Response): string => (response.headers.get("traceparent") ?? "").split("-")[1] ?? "";

  const timeline = (id: string, wanted: string): Promise<Timeline> =>
    eventually(`the timeline's ${wanted}`, SEEN_WITHIN_MS, async () => {
      const seen = await region.json<Timeline>("GET", `/api/v1/monitoring/events?agentId=${id}`, 200);
      return seen.events.some(({ type }) => type === wanted) ? seen : undefined;
    });

  const hops = (traceId: string, wanted: readonly string[]): Promise<Trace> =>
    eventually(`the trace ${traceId} with ${wanted.join(", ")}`, SEEN_WITHIN_MS, async () => {
      const response = await region.send("GET", `/api/v1/monitoring/traces/${traceId}`);
      if (response.status !== 200) return undefined;
      const trace = (await response.json()) as Trace;
      return wanted.every((service) => trace.spans.some((span) => span.service === service)) ? trace : undefined;
    });

  it("shows an agent to monitoring, brings it a task, shows its move, and every hop in the trace", async () => {
    const response = await region.send("POST", "/api/v1/agents", { type: "coder", capabilities: ["code"], metadata: {} });
    const agent = (await response.json()) as Created;
    await timeline(agent.id, "agent.created");

    const sent = await region.send("POST", "/api/v1/messages", { to: agent.id, type: "task.review", payload: { pull: 7 } });
    assert.equal(sent.status, 201);
    const { messages } = await region.json<Delivery>("GET", `/api/v1/messages/queue/${agent.id}?limit=5&waitMs=5000`, 200);
    assert.deepEqual(messages.map(({ type, payload }) => ({ type, payload })), [{ type: "task.review", payload: { pull: 7 } }]);
    assert.equal(messages[0]?.traceparent?.split("-")[1], traceIdOf(sent), "whoever works on the task continues its sender's trace");
    await region.json("POST", `/api/v1/messages/queue/${agent.id}/ack`, 200, { receipts: messages.map(({ receipt }) => receipt) });
    assert.deepEqual((await region.json<Delivery>("GET", `/api/v1/messages/queue/${agent.id}?limit=5`, 200)).messages, []);

    await region.json("PUT", `/api/v1/agents/${agent.id}/state`, 200, { state: "ready" });
    const { events } = await timeline(agent.id, "agent.state-changed");
    assert.deepEqual(events.map(({ type, state }) => [type, state]), [["agent.created", "pending"], ["agent.state-changed", "ready"]]);

    const trace = await hops(traceIdOf(response), ["agent", "message-bus", "monitoring"]);
    assert.ok(trace.spans.some(({ service, depth }) => service === "agent" && depth === 0), JSON.stringify(trace.spans));
    console.log(`      ${trace.spans.length} spans: ${trace.spans.map(({ service, name }) => `${service} ${name}`).join(" > ")}`);
  });

  it("measures every service, and counts who asks for what is not built", async () => {
    const planned = services.flatMap(({ contract }) => Object.values(contract.routes).map((route) => ({ service: contract.name, route }))).find(({ route }) => route.status === "planned");
    assert.ok(planned !== undefined, "every route is built: then this test has nothing to ask for");
    const { method, path: template } = planned.route;
    const before = await region.send(method, template.replace(/\{[^}]+\}/g, "some"), method === "GET" ? undefined : {});
    assert.equal(before.status, 501);
    assert.match(before.headers.get("content-type") ?? "", /application\/problem\+json/);
    await eventually("a measure of every service", MEASURED_WITHIN_MS, async () => {
      const overview = await region.json<Overview>("GET", "/api/v1/monitoring/overview", 200);
      const ready = services.every(({ contract }) => overview.services.some(({ name, ready: replicas }) => name === contract.name && (replicas ?? 0) > 0));
      const counted = (overview.services.find(({ name }) => name === planned.service)?.planned501 ?? 0) > 0;
      return ready && counted && overview.agents.total > 0 ? true : undefined;
    });
    const { stdout } = requireExit(await region.command("status"));
    assert.match(stdout, new RegExp(`${planned.service} +[1-9]\\d* +`));
    assert.ok(stdout.includes(`${method} ${template}`), stdout);
  });
}
