import { CloudEvent } from "cloudevents";
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { put } from "../../kit/src/etcd";
import { MAX_EVENT_DATA_BYTES, MAX_TOPICS } from "../limits";
import { ROOT, topicHeadKey } from "../src/keys";
import { BusMetrics } from "../src/metrics";
import { Sweeper } from "../src/sweeper";
import { startRig } from "./support/service";
import type { Api, Rig } from "./support/service";

describe("topics, on a real etcd", function () {
  this.timeout(40_000);
  let rig: Rig;
  let api: Api;

  before(async function () {
    const started = await startRig();
    if (started === undefined) this.skip();
    rig = started;
    api = rig.api;
  });
  after(() => rig?.stop());

  it("keeps events in the order of their offsets, as they were published", async () => {
    const event = { id: "1", source: "/agents", type: "agent.created", time: "2026-11-24T20:00:00.000Z", subject: "s", data: { a: [1] }, traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" };
    assert.deepEqual((await api.publish("test.order", event)).body, { topic: "test.order", offset: 1 });
    assert.equal((await api.publish("test.order", { id: "2" })).body.offset, 2);
    const { body } = await api.read("test.order");
    assert.deepEqual([body.events.map(({ offset }) => offset), body.next, body.missed], [[1, 2], 2, 0]);
    assert.deepEqual(body.events[0]?.event, { specversion: "1.0", ...event });
    assert.doesNotThrow(() => new CloudEvent(body.events[0]?.event ?? {}, true));
    const after = (await api.read("test.order", { after: "1", limit: "1" })).body;
    assert.deepEqual([after.events.map(({ offset }) => offset), after.next], [[2], 2]);
    assert.deepEqual((await api.read("test.order", { after: "2" })).body, { events: [], next: 2, missed: 0 });
    assert.deepEqual((await api.read("test.order", { after: "9", waitMs: "5000" })).body, { events: [], next: 2, missed: 0 }, "who is ahead is told at once");
    assert.deepEqual((await api.read("test.nothing")).body, { events: [], next: 0, missed: 0 });
  });

  it("gives an event that was published again the offset it has", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => api.publish("test.again", { id: "same" })));
    assert.deepEqual(new Set(answers.map(({ body }) => body.offset)), new Set([1]));
    assert.equal((await api.publish("test.again", { id: "same", source: "/other" })).body.offset, 2, "an id belongs to its source");
    assert.equal((await api.read("test.again")).body.events.length, 2);
  });

  it("gives offsets without gaps to many publishers at once", async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => api.publish("test.many", { id: String(index) })));
    const offsets = answers.map(({ body }) => body.offset).sort((a, b) => a - b);
    assert.deepEqual(offsets, Array.from({ length: 60 }, (_, index) => index + 1));
  });

  it("waits for the next event", async () => {
    await api.publish("test.wait", { id: "1" });
    const waiting = api.read("test.wait", { after: "1", waitMs: "15000" });
    await sleep(150);
    await api.publish("test.wait", { id: "2" });
    assert.deepEqual((await waiting).body.events.map(({ offset }) => offset), [2]);
  });

  it("keeps so many events and so old ones, tells readers how many they missed, and never gives an offset twice", async () => {
    const sweeper = new Sweeper({ etcd: rig.client, metrics: new BusMetrics(rig.telemetry.meter), retention: { topicEvents: 2, topicAgeS: 60 } });
    for (let index = 1; index <= 5; index += 1) await api.publish("test.kept", { id: String(index) });
    await sweeper.sweep(AbortSignal.timeout(5_000));
    const { body } = await api.read("test.kept", { after: "1" });
    assert.deepEqual([body.events.map(({ offset }) => offset), body.missed, body.next], [[4, 5], 2, 5]);
    assert.equal((await rig.keys(`${ROOT}event-id/test.kept/`)).length, 2);
    await api.publish("test.old", { id: "1", time: "2020-01-01T00:00:00Z" });
    await sweeper.sweep(AbortSignal.timeout(5_000));
    assert.deepEqual((await api.read("test.old")).body, { events: [], next: 1, missed: 1 });
    assert.equal((await api.publish("test.old", { id: "2" })).body.offset, 2);
  });

  it("refuses what is no CloudEvent, is too large or has no topic's name, with all that is wrong", async () => {
    const { status, body } = await api.publish("test.bad", { specversion: "0.3", id: "", time: "yesterday", extra: 1 });
    assert.deepEqual([status, [...new Set(body.violations?.map(({ pointer }) => pointer))].sort()], [400, ["/extra", "/id", "/specversion", "/time"]]);
    assert.match((await api.publish("test.bad", { data: "x".repeat(MAX_EVENT_DATA_BYTES) })).body.detail, /at most 32768 are taken/);
    for (const topic of ["single", "Up.case", "a..b", "x".repeat(63) + ".y"]) assert.equal((await api.publish(topic)).status, 400, topic);
  });

  it("makes a bounded number of topics", async () => {
    const existing = (await api.request("GET", "/api/v1/topics")).body.topics;
    assert.ok(existing.some(({ topic, lastOffset }) => topic === "test.many" && lastOffset === 60));
    const more = Array.from({ length: MAX_TOPICS - existing.length }, (_, index) => topicHeadKey(`filler.t${index}`));
    await rig.client.txn({ when: [], then: more.map((key) => put(key, JSON.stringify({ last: 0 }))) });
    const refused = await api.publish("test.one-too-many");
    assert.deepEqual([refused.status, refused.body.code], [429, "too-many-topics"]);
    assert.equal((await api.publish("filler.t0")).status, 201);
  });
});
