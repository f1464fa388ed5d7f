import { CloudEvent } from "cloudevents";
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "../../kit/src";
import type { Telemetry } from "../../kit/src";
import { quietTelemetry, silentLogger } from "../../kit/test/support/context";
import { contract as busContract } from "../../message-bus/contract";
import { contract } from "../contract";
import { lifecycleEvent } from "../src/events";
import { OUTBOX } from "../src/keys";
import { Outbox } from "../src/outbox";
import { AgentRegistry } from "../src/registry";
import { Relay } from "../src/relay";
import { AgentRepository } from "../src/repository";
import { MAX_CAPABILITIES } from "../limits";
import { keysBelow, startRig } from "./support/service";
import type { Api, Rig } from "./support/service";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";

describe("outbox of the agent service, on a real etcd", function () {
  this.timeout(40_000);
  let rig: Rig;
  let api: Api;
  let telemetry: Telemetry;
  const signal = new AbortController().signal;
  const waiting = (): Promise<string[]> => keysBelow(rig.client, OUTBOX);

  before(async function () {
    const started = await startRig();
    if (started === undefined) this.skip();
    rig = started;
    api = rig.api;
    telemetry = quietTelemetry(contract);
  });
  after(async () => {
    await rig?.stop();
    await telemetry?.shutdown();
  });
  beforeEach(async () => {
    while ((await waiting()).length > 0) await sleep(20);
    rig.bus.arrived.length = 0;
    rig.bus.behaviour = "take";
  });

  /** An outbox that no service drives, with a bus of its own circuit. */
  function outbox(maxEvents?: number): Outbox {
    const logger = silentLogger(contract);
    const bus = createClient(busContract, { baseUrl: rig.bus.url, telemetry, logger });
    return new Outbox({ etcd: rig.client, relay: new Relay({ bus, telemetry, logger }), telemetry, logger, ...(maxEvents === undefined ? {} : { maxEvents }) });
  }

  function registry(box: Outbox): AgentRegistry {
    return new AgentRegistry(new AgentRepository(rig.client), box, "test");
  }

  it("tells the bus of each change right after it, as a CloudEvent in the trace of the request, and forgets it then", async () => {
    const { body } = await api.create({ type: "coder", capabilities: ["b", "a"], metadata: { secret: 1 } }, { traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01` });
    await api.move(body.id, "ready");
    await api.delete(body.id);
    while (rig.bus.arrived.length < 3 || (await waiting()).length > 0) await sleep(20);
    const events = [...rig.bus.arrived].sort((a, b) => a.data.sequence - b.data.sequence);
    const agent = { id: body.id, type: "coder", capabilities: ["a", "b"], region: "test" };
    assert.deepEqual(events.map(({ type, subject, data }) => [type, subject, data]), [
      ["agent.created", body.id, { ...agent, state: "pending", sequence: 0 }],
      ["agent.state-changed", body.id, { ...agent, state: "ready", previousState: "pending", sequence: 1 }],
      ["agent.deleted", body.id, { ...agent, state: "ready", sequence: 2 }],
    ]);
    assert.match(events[0]?.traceparent ?? "", new RegExp(`^00-${TRACE_ID}-`));
    const sentWith = rig.bus.traceparents.get(events[0]?.id ?? "");
    assert.match(sentWith ?? "", new RegExp(`^00-${TRACE_ID}-`));
    assert.notEqual(sentWith, events[0]?.traceparent, "the hand-over is a span of its own");
    for (const event of events) assert.doesNotThrow(() => new CloudEvent({ ...event }, true));
  });

  it("tells nothing of a change that was refused, and one thing of a create that was repeated", async () => {
    const key = { "idempotency-key": "outbox" };
    const [first] = await Promise.all([1, 2, 3].map(() => api.create({ type: "coder" }, key)));
    await api.move(first?.body.id ?? "", "allocated");
    await api.delete(first?.body.id ?? "", '"1"');
    while (rig.bus.arrived.length < 1 || (await waiting()).length > 0) await sleep(20);
    assert.deepEqual(rig.bus.arrived.map(({ type }) => type), ["agent.created"]);
  });

  it("has place in one transaction beside an agent with as many capabilities as there can be", async () => {
    const capabilities = Array.from({ length: MAX_CAPABILITIES }, (_, index) => `c${index}`);
    const { status, body } = await api.create({ type: "coder", capabilities }, { "idempotency-key": "largest" });
    assert.equal(status, 201);
    assert.equal((await api.delete(body.id)).status, 204);
  });

  for (const behaviour of ["refuse", "hang"] as const) {
    it(`neither fails nor waits while the bus ${behaviour === "hang" ? "hangs" : "refuses"}, and tells all of it when the bus is back`, async () => {
      rig.bus.behaviour = behaviour;
      const box = outbox();
      const agents = registry(box);
      const made = await Promise.all(Array.from({ length: 40 }, () => agents.create({ type: "coder", capabilities: [], metadata: {} }, undefined)));
      assert.equal(rig.bus.arrived.length, 0, "all were created before the bus had answered");
      const ids = made.map(({ record }) => record.id).sort();
      rig.bus.behaviour = "take";
      // The circuit may be open and the first hand-overs under way: sweeps go on until nothing is left.
      while ((await waiting()).length > 0) {
        await box.sweep(signal, 0);
        await sleep(50);
      }
      await box.close();
      assert.deepEqual([...new Set(rig.bus.arrived.map(({ subject }) => subject))].sort(), ids);
    });
  }

  it("leaves young events to whoever made them, and relays what another process left behind", async () => {
    const box = outbox();
    const event = lifecycleEvent("agent.created", (await registry(box).create({ type: "coder", capabilities: [], metadata: {} }, undefined)).record);
    await box.close();
    rig.bus.arrived.length = 0;
    const steps = box.announce(event).steps;
    await rig.client.txn({ when: [], then: steps });
    await box.sweep(signal, 60_000);
    assert.equal(rig.bus.arrived.length, 0);
    await box.sweep(signal, 0);
    assert.deepEqual(rig.bus.arrived.map(({ id }) => id), [event.id]);
    assert.deepEqual(await waiting(), []);
  });

  it("keeps the oldest events when it is full; changes go on without, and are counted", async () => {
    rig.bus.behaviour = "refuse";
    const box = outbox(2);
    const agents = registry(box);
    const create = async (): Promise<string> => (await agents.create({ type: "full", capabilities: [], metadata: {} }, undefined)).record.id;
    const told = [await create(), await create()];
    await box.close();
    await box.sweep(signal, 60_000);
    const silent = await create();
    const kept = await rig.client.list(OUTBOX, { limit: 10 });
    assert.deepEqual(kept.entries.map(({ value }) => (JSON.parse(value) as { subject: string }).subject), told);
    assert.equal((await api.get(silent)).status, 200);
    assert.match(await telemetry.prometheus(), /^outbox_lost_events_total\{[^}]*\} 1$/m);
    rig.bus.behaviour = "take";
    while ((await waiting()).length > 0) {
      await box.sweep(signal, 0);
      await sleep(50);
    }
    await box.sweep(signal, 0);
    await create();
    while (rig.bus.arrived.length < 3) await sleep(20);
  });
});
