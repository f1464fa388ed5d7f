import { InMemorySpanExporter } from "@opentelemetry/sdk-trace";
import assert from "node:assert/strict";
import { createTelemetry } from "../../kit/src";
import { silentLogger } from "../../kit/test/support/context";
import { contract } from "../contract";
import { Consumer } from "../src/consumer";
import { Timeline } from "../src/timeline";
import { CONSUME_BATCH } from "../limits";
import { startDatabase } from "./support/database";
import type { Database } from "./support/database";
import { AGENT, FakeTopic, TRACE_ID, told } from "./support/lifecycle";

const OTHER = "0192f0c1-0000-7000-8000-000000000002";

describe("events taken into the timeline, on a real PostgreSQL", function () {
  this.timeout(40_000);
  let database: Database;
  let timeline: Timeline;
  let topic: FakeTopic;
  let reconciled: number;
  const { signal } = new AbortController();

  before(async function () {
    const started = await startDatabase();
    if (started === undefined) this.skip();
    database = started;
    timeline = new Timeline(database.postgres);
  });
  after(() => database?.stop());
  beforeEach(async () => {
    await database.clear();
    topic = new FakeTopic();
    reconciled = 0;
  });

  function consumer(instance = "monitoring-0", reconcile: () => Promise<void> = () => Promise.resolve(void (reconciled += 1))): Consumer {
    const { postgres, telemetry } = database;
    return new Consumer({ bus: topic.client, postgres, reconciler: { reconcile }, telemetry, logger: silentLogger(contract), instance });
  }

  const states = async (): Promise<string[]> => (await timeline.events({ after: 0, limit: 100, agentId: undefined })).map(({ type, state }) => `${type} ${state}`);

  it("shows what happened in the order it was told, and how the agent is by that", async () => {
    topic.events.push(told("1", 0, { type: "agent.created", state: "pending" }), told("2", 1, { state: "ready", previousState: "pending" }));
    assert.equal(await consumer().turn(signal), "idle");
    const [first, second] = await timeline.events({ after: 0, limit: 10, agentId: AGENT });
    assert.deepEqual([first?.type, first?.state, first?.sequence, first?.traceId], ["agent.created", "pending", 0, TRACE_ID]);
    assert.deepEqual([second?.state, second?.previousState, second?.occurredAt.toISOString()], ["ready", "pending", "2026-11-24T20:00:00.000Z"]);
    const agent = await timeline.agent(AGENT);
    assert.deepEqual([agent?.state, agent?.type, agent?.capabilities, agent?.deletedAt, agent?.history.map(({ id }) => id)], ["ready", "coder", ["a"], undefined, ["2", "1"]]);
    assert.deepEqual(await timeline.agentsByState(), { ready: 1 });
    assert.deepEqual(await timeline.events({ after: 0, limit: 10, agentId: OTHER }), []);
    assert.deepEqual((await timeline.events({ after: first?.position ?? 0, limit: 10, agentId: undefined })).map(({ id }) => id), ["2"]);
  });

  it("goes on where it stopped, and lets an event that comes again have no effect", async () => {
    topic.events.push(told("1", 0, { type: "agent.created", state: "pending" }));
    await consumer().turn(signal);
    topic.events.push(told("1", 0, { type: "agent.created", state: "pending" }), told("2", 1));
    await consumer().turn(signal);
    await consumer().turn(signal);
    assert.deepEqual(topic.reads, [0, 1, 3]);
    assert.deepEqual(await states(), ["agent.created pending", "agent.state-changed ready"]);
  });

  it("goes on from the end of a topic that is shorter than what was read of it, and reads the agents themselves", async () => {
    topic.events.push(told("1", 0, { type: "agent.created", state: "pending" }));
    await consumer().turn(signal);
    await database.postgres.query("update consumer set last_offset = 40");
    reconciled = 0;
    await consumer().turn(signal);
    assert.equal(reconciled, 1);
    topic.events.push(told("2", 1));
    await consumer().turn(signal);
    assert.deepEqual(topic.reads.slice(-2), [40, 1]);
    assert.deepEqual(await states(), ["agent.created pending", "agent.state-changed ready"]);
  });

  it("takes an agent for what its last change says, in whatever order its events come", async () => {
    topic.events.push(told("3", 2, { type: "agent.deleted", state: "ready", time: "2026-11-24T20:00:03.000Z" }), told("2", 1), told("1", 0, { type: "agent.created", state: "pending" }));
    await consumer().turn(signal);
    assert.equal((await timeline.agent(AGENT))?.deletedAt?.toISOString(), "2026-11-24T20:00:03.000Z");
    assert.deepEqual(await timeline.agentsByState(), {});
    assert.equal((await states()).length, 3);
  });

  it("is done by one replica until that one gives no sign of life", async () => {
    topic.events.push(told("1", 0));
    assert.equal(await consumer("a").turn(signal), "idle");
    assert.equal(await consumer("b").turn(signal), "stand-by");
    await database.postgres.query("update consumer set held_until = clock_timestamp() - interval '1 second'");
    topic.events.push(told("2", 1));
    assert.equal(await consumer("b").turn(signal), "idle");
    assert.equal(await consumer("a").turn(signal), "stand-by");
    assert.equal((await states()).length, 2);
  });

  it("takes effect once when two replicas believe that it is their turn", async () => {
    topic.events.push(told("1", 0));
    const { client } = topic;
    const overtaken = consumer("a");
    // While this one reads, another takes over and is done.
    const slow = new Consumer({
      bus: { ...client, call: async (operation, input) => {
        const answer = await client.call(operation, input);
        await database.postgres.query("update consumer set held_until = '-infinity'");
        await consumer("b").turn(signal);
        return answer;
      } },
      postgres: database.postgres, reconciler: { reconcile: () => Promise.resolve() }, telemetry: database.telemetry, logger: silentLogger(contract), instance: "a",
    });
    await assert.rejects(slow.turn(signal), /another replica has read 'agent.lifecycle' beyond 0/);
    await database.postgres.query("update consumer set held_until = '-infinity'");
    await overtaken.turn(signal);
    assert.deepEqual(await states(), ["agent.state-changed ready"]);
    assert.equal(topic.reads.at(-1), 1);
  });

  it("keeps neither events nor offset when one of them cannot be stored", async () => {
    topic.events.push(told("1", 0), told("2", 1, { agent: OTHER }));
    await database.postgres.query("alter table event add constraint refusing check (id <> '2')");
    await assert.rejects(consumer().turn(signal), /refusing/);
    assert.deepEqual(await states(), []);
    await database.postgres.query("alter table event drop constraint refusing");
    await consumer().turn(signal);
    assert.deepEqual(topic.reads, [0, 0]);
    assert.equal((await states()).length, 2);
  });

  it("leaves out what tells of nothing it knows or can never be stored, and goes on", async () => {
    topic.events.push(told("a", 0, { time: "2026-99-99T00:00:00Z" }), told("b", 1e300), told("c\0", 0));
    const strange = { specversion: "1.0" as const, id: "x", source: "/x", type: "agent.painted" };
    topic.events.push(strange, { ...told("y", 1), data: { id: "no-id" } as never }, told("1", 0));
    await consumer().turn(signal);
    assert.equal((await states()).length, 1);
  });

  it("reads the agents themselves at its first start and when events are gone, and goes on when they cannot be read", async () => {
    topic.events.push(told("1", 0), told("2", 1), told("3", 2, { state: "draining" }));
    await consumer().turn(signal);
    assert.equal(reconciled, 1, "from before the topic");
    await consumer().turn(signal);
    assert.equal(reconciled, 1, "nothing is missing");
    topic.events.push(told("4", 3), told("5", 4, { state: "failed" }));
    topic.lost = 4;
    await consumer("monitoring-0", () => Promise.reject(new Error("down"))).turn(signal);
    assert.equal((await timeline.agent(AGENT))?.state, "failed");
    topic.events.push(told("6", 5), told("7", 6));
    topic.lost = 6;
    await consumer().turn(signal);
    assert.equal(reconciled, 2);
  });

  it("says when there may be more to read at once", async () => {
    for (let index = 0; index <= CONSUME_BATCH; index += 1) topic.events.push(told(String(index), index));
    const one = consumer();
    assert.deepEqual([await one.turn(signal), await one.turn(signal)], ["more", "idle"]);
  });

  it("records an event in the trace of the request that made the change", async () => {
    const exporter = new InMemorySpanExporter();
    const logger = silentLogger(contract);
    const telemetry = createTelemetry({ service: "monitoring", version: "1", region: "test", instance: "m", logger, spanExporter: exporter });
    topic.events.push(told("1", 0));
    const { postgres } = database;
    await new Consumer({ bus: topic.client, postgres, reconciler: { reconcile: () => Promise.resolve() }, telemetry, logger, instance: "m" }).turn(signal);
    await telemetry.forceFlush();
    const span = exporter.getFinishedSpans().find(({ name }) => name === "timeline record");
    assert.deepEqual([span?.spanContext().traceId, span?.parentSpanContext?.spanId], [TRACE_ID, "00f067aa0ba902b7"]);
    await telemetry.shutdown();
  });
});
