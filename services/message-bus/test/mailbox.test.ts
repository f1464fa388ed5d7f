import { context } from "@opentelemetry/api";
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { extractContext } from "../../kit/src";
import { put } from "../../kit/src/etcd";
import { MAX_DELIVERIES, MAX_MAILBOX_MESSAGES, MAX_PAYLOAD_BYTES } from "../limits";
import { deadKey, mailboxFolder, readyKey } from "../src/keys";
import { Fullness } from "../src/fullness";
import { Sender } from "../src/sender";
import { Sweeper } from "../src/sweeper";
import { BusMetrics } from "../src/metrics";
import { newId } from "../../kit/src/uuid";
import { startRig } from "./support/service";
import type { Api, Rig } from "./support/service";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";

describe("mailboxes, on a real etcd", function () {
  this.timeout(40_000);
  let rig: Rig;
  let api: Api;
  let agent: string;

  before(async function () {
    const started = await startRig();
    if (started === undefined) this.skip();
    rig = started;
    api = rig.api;
  });
  after(() => rig?.stop());
  beforeEach(() => {
    agent = newId();
  });

  it("keeps a message with the trace it was sent in, hands it out, and removes it when it is acknowledged", async () => {
    const sent = await api.send(agent, { type: "task.summarise", payload: { url: "x" }, ttlSeconds: 60 }, { traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01` });
    assert.equal(sent.status, 201);
    assert.equal(Date.parse(sent.body.expiresAt) - Date.parse(sent.body.sentAt), 60_000);
    const { headers, body } = await api.receive(agent);
    assert.equal(headers.get("cache-control"), "no-store");
    const [message] = body.messages;
    assert.deepEqual([message?.id, message?.type, message?.payload, message?.priority, message?.deliveries], [sent.body.id, "task.summarise", { url: "x" }, "normal", 1]);
    assert.match(message?.traceparent ?? "", new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-01$`));
    assert.deepEqual((await api.receive(agent)).body.messages, [], "nobody else gets it meanwhile");
    const receipt = message?.receipt ?? "";
    assert.deepEqual((await api.ack(agent, [receipt, "made-up"])).body, { acknowledged: [receipt], unknown: ["made-up"] });
    assert.deepEqual((await api.ack(agent, [receipt])).body, { acknowledged: [], unknown: [receipt] });
    assert.deepEqual(await rig.keys(mailboxFolder(agent)), []);
  });

  it("hands out by priority, then in the order of sending", async () => {
    for (const [type, priority] of [["a", "low"], ["b", undefined], ["c", "high"], ["d", "normal"], ["e", "high"]] as const) {
      await api.send(agent, { type, ...(priority === undefined ? {} : { priority }) });
      await sleep(2);
    }
    const first = await api.receive(agent, { limit: "3" });
    assert.deepEqual(first.body.messages.map(({ type }) => type), ["c", "e", "b"]);
    assert.deepEqual((await api.receive(agent)).body.messages.map(({ type }) => type), ["d", "a"]);
  });

  it("hands a message out again when nobody acknowledged it in time, with a new receipt and before newer ones", async () => {
    await api.send(agent, { type: "old" });
    const [first] = (await api.receive(agent, { visibilitySeconds: "1" })).body.messages;
    await api.send(agent, { type: "new" });
    await sleep(1_050);
    const again = (await api.receive(agent)).body.messages;
    assert.deepEqual(again.map(({ type, deliveries }) => [type, deliveries]), [["old", 2], ["new", 1]]);
    assert.notEqual(again[0]?.receipt, first?.receipt);
    assert.deepEqual((await api.ack(agent, [first?.receipt ?? ""])).body.unknown, [first?.receipt], "the delivery before this one is over");
  });

  it("gives each message to one of many receivers at the same time", async () => {
    await Promise.all(Array.from({ length: 40 }, () => api.send(agent)));
    const answers = await Promise.all(Array.from({ length: 12 }, () => api.receive(agent, { limit: "5" })));
    const ids = answers.flatMap(({ body }) => body.messages.map(({ id }) => id));
    for (let more = (await api.receive(agent)).body.messages; more.length > 0; more = (await api.receive(agent)).body.messages) ids.push(...more.map(({ id }) => id));
    assert.deepEqual([ids.length, new Set(ids).size], [40, 40]);
  });

  it("waits for a message, and answers as soon as it comes or comes back", async () => {
    const waiting = api.receive(agent, { waitMs: "15000", visibilitySeconds: "1" });
    await sleep(150);
    const { body } = await api.send(agent);
    assert.deepEqual((await waiting).body.messages.map(({ id }) => id), [body.id]);
    assert.deepEqual((await api.receive(agent, { waitMs: "15000" })).body.messages.map(({ id, deliveries }) => [id, deliveries]), [[body.id, 2]]);
    assert.deepEqual((await api.receive(agent, { waitMs: "50" })).body.messages, []);
  });

  it("hands nothing to a receiver that has hung up", async () => {
    const gone = new AbortController();
    const waiting = api.receive(agent, { waitMs: "15000" }, gone.signal).catch(() => undefined);
    await sleep(150);
    gone.abort();
    await waiting;
    await sleep(50);
    await api.send(agent);
    assert.deepEqual((await api.receive(agent)).body.messages.map(({ deliveries }) => deliveries), [1]);
  });

  it("makes a dead letter of a message that was handed out too often, and lists it", async () => {
    const record = { id: newId(), to: agent, type: "poison", payload: {}, priority: "normal" as const, sentAtMs: Date.now(), expiresAtMs: Date.now() + 60_000, deliveries: MAX_DELIVERIES, trace: {} };
    await rig.client.put(readyKey(record), JSON.stringify(record));
    const { body } = await api.send(agent, { type: "fine" });
    assert.deepEqual((await api.receive(agent)).body.messages.map(({ type }) => type), ["fine"]);
    const dead = (await api.dead(agent)).body;
    assert.deepEqual(dead.messages.map(({ id, type, deliveries }) => [id, type, deliveries]), [[record.id, "poison", MAX_DELIVERIES]]);
    assert.equal(dead.nextCursor, undefined);
    assert.notEqual(body.id, record.id);
    assert.match(await rig.telemetry.prometheus(), /mailbox_dead_letters_total\{[^}]*\} 1\n/);
  });

  it("pages through dead letters and refuses a cursor that it did not make", async () => {
    const letters = Array.from({ length: 3 }, (_, index) => ({
      id: newId(Date.now() + index), to: agent, type: `t${index}`, payload: {}, priority: "low" as const, sentAtMs: 1, expiresAtMs: Date.now() + 60_000, deliveries: 5, trace: {},
    }));
    for (const record of letters) await rig.client.put(deadKey(record), JSON.stringify({ record, deadAtMs: Date.now() }));
    const first = (await api.dead(agent, { limit: "2" })).body;
    assert.deepEqual(first.messages.map(({ type }) => type), ["t0", "t1"]);
    const second = (await api.dead(agent, { limit: "2", cursor: first.nextCursor ?? "" })).body;
    assert.deepEqual([second.messages.map(({ type }) => type), second.nextCursor], [["t2"], undefined]);
    assert.equal((await api.dead(agent, { cursor: "zzz" })).status, 400);
  });

  it("never hands out a message whose time is over, whether it is looked for or swept", async () => {
    const expired = (): object => ({ id: newId(), to: agent, type: "late", payload: {}, priority: "high" as const, sentAtMs: 1, expiresAtMs: Date.now() - 1, deliveries: 0, trace: {} });
    const store = async (): Promise<void> => {
      const record = expired() as Parameters<typeof readyKey>[0];
      await rig.client.put(readyKey(record), JSON.stringify(record));
    };
    await store();
    await api.send(agent, { type: "fine" });
    assert.deepEqual((await api.receive(agent)).body.messages.map(({ type }) => type), ["fine"]);
    await store();
    await new Sweeper({ etcd: rig.client, metrics: new BusMetrics(rig.telemetry.meter) }).sweep(AbortSignal.timeout(5_000));
    assert.equal((await rig.keys(mailboxFolder(agent))).length, 1, "the one that was handed out");
  });

  it("keeps the newest dead letters of each agent", async () => {
    const ids = Array.from({ length: 4 }, (_, index) => newId(Date.now() + index));
    for (const id of ids) {
      const record = { id, to: agent, expiresAtMs: Date.now() };
      await rig.client.put(deadKey(record), "{}");
    }
    const sweeper = new Sweeper({ etcd: rig.client, metrics: new BusMetrics(rig.telemetry.meter), retention: { deadLetters: 2 } });
    await sweeper.sweep(AbortSignal.timeout(5_000));
    const left = (await rig.keys()).filter((key) => key.includes(`/dead/${agent}/`));
    assert.deepEqual(left.map((key) => key.split("/").at(-1)?.slice(0, 36)), ids.slice(2));
  });

  it("refuses a message for a full mailbox, and takes it when there is place again", async () => {
    for (let done = 0; done < MAX_MAILBOX_MESSAGES; done += 100) {
      const steps = Array.from({ length: 100 }, () => {
        const record = { id: newId(), to: agent, type: "t", payload: {}, priority: "normal" as const, sentAtMs: Date.now(), expiresAtMs: Date.now() + 60_000, deliveries: 0, trace: {} };
        return put(readyKey(record), JSON.stringify(record));
      });
      await rig.client.txn({ when: [], then: steps });
    }
    const refused = await api.send(agent, {}, { "idempotency-key": `full ${agent}` });
    assert.deepEqual([refused.status, refused.body.code, refused.headers.get("retry-after")], [429, "mailbox-full", "5"]);
    const [message] = (await api.receive(agent, { limit: "1" })).body.messages;
    assert.equal((await api.send(agent)).status, 429, "a message that is out still has its place");
    await api.ack(agent, [message?.receipt ?? ""]);
    assert.equal((await api.send(agent, {}, { "idempotency-key": `full ${agent}` })).status, 201);
  });

  it("stores one message of many requests with one Idempotency-Key, and refuses the key for another", async () => {
    const key = { "idempotency-key": `order ${agent}` };
    const answers = await Promise.all(Array.from({ length: 15 }, () => api.send(agent, { payload: { a: 1, b: 2 } }, key)));
    answers.push(await api.send(agent, { payload: { b: 2, a: 1 } }, key));
    assert.deepEqual(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size, 1);
    const [message] = (await api.receive(agent)).body.messages;
    await api.ack(agent, [message?.receipt ?? ""]);
    assert.equal((await api.send(agent, { payload: { a: 1, b: 2 } }, key)).body.id, message?.id, "known beyond the message itself");
    assert.deepEqual((await api.receive(agent)).body.messages, []);
    const other = await api.send(agent, { payload: { a: 2 } }, key);
    assert.deepEqual([other.status, other.body.code], [422, "idempotency-key-reused"]);
  });

  it("grants a new lease for its keys when the store knows the old one no longer", async () => {
    const sender = new Sender(rig.client, new Fullness(rig.client));
    const message = { to: agent, type: "t", payload: {}, priority: "normal" as const, ttlSeconds: 60 };
    await context.with(extractContext({}), () => sender.send(message, `one ${agent}`));
    const claim = await rig.client.list("/agentic-flow/message-bus/idempotency/", { limit: 500 });
    for (const lease of new Set(claim.entries.map((entry) => entry.lease))) await rig.client.revokeLease(lease);
    await sender.send(message, `two ${agent}`);
    assert.equal((await api.receive(agent)).body.messages.length, 2);
  });

  it("limits everything a sender can make large, and lists all that is wrong", async () => {
    const { status, body } = await api.request("POST", "/api/v1/messages", { to: "nobody", type: "a b", payload: [], priority: "urgent", ttlSeconds: 0, x: 1 });
    assert.deepEqual([status, body.violations?.map(({ pointer }) => pointer).sort()], [400, ["/payload", "/priority", "/to", "/ttlSeconds", "/type", "/x"]]);
    assert.match((await api.send(agent, { payload: { x: "y".repeat(MAX_PAYLOAD_BYTES) } })).body.detail, /at most 32768 are taken/);
    assert.equal((await api.receive(agent, { waitMs: "20001" })).status, 400);
    assert.equal((await api.ack(agent, [])).status, 400);
    assert.equal((await api.receive("no-id")).status, 400);
  });

  it("answers 501 to what is not built", async () => {
    assert.equal((await api.request("POST", `/api/v1/messages/queue/${agent}/dead/replay`)).status, 501);
    assert.equal((await api.request("GET", `/api/v1/messages/queue/${agent}/stream`)).status, 501);
    assert.equal((await api.request("POST", "/api/v1/messages/request")).status, 501);
  });
});
