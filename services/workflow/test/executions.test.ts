import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { WORKFLOWS } from "../contract";
import { HANDLERS_NAME, MAX_RETRIES } from "../src/restate/handlers";
import { startRig } from "./support/rig";
import type { Api, Rig } from "./support/rig";

const SLOW_TEST_MS = 60_000;
const message = (name: string, type = name, more: object = {}): object => ({ name, kind: "sendMessage", to: randomUUID(), type, payload: {}, ...more });

describe("executions, on a real Restate and PostgreSQL", function () {
  this.timeout(SLOW_TEST_MS);
  let rig: Rig;
  let api: Api;

  before(async function () {
    const started = await startRig();
    if (started === undefined) this.skip();
    rig = started;
    api = rig.api;
  });
  after(() => rig?.stop());
  afterEach(() => {
    rig?.peers.failing.clear();
    if (rig !== undefined) rig.peers.agentStatus = undefined;
  });

  const deliveriesOf = (id: string): string[] => rig.peers.delivered.filter(({ key }) => key.startsWith(id)).map(({ type }) => type);

  it("runs step after step, hands on what came before, and keeps what each gave", async () => {
    const agent = randomUUID();
    const workflow = await api.define([
      { name: "allocate", kind: "setAgentState", agentId: { $from: "/input/agent" }, state: "allocated" },
      { name: "pause", kind: "sleep", seconds: 1 },
      { name: "tell", kind: "sendMessage", to: { $from: "/input/agent" }, type: "task.start", payload: { now: { $from: "/steps/allocate/state" }, list: [{ $from: "/input/n" }] } },
    ]);
    const accepted = await api.send("POST", `${WORKFLOWS}/${workflow}/execute`, { input: { agent, n: 7 } });
    assert.deepEqual([accepted.status, accepted.body.state, accepted.body.steps.map(({ state }) => state)], [202, "accepted", ["pending", "pending", "pending"]]);
    const ended = await api.ended(accepted.body.id);
    assert.deepEqual([ended.state, ended.steps.map(({ state, attempts }) => [state, attempts])], ["completed", [["completed", 1], ["completed", 0], ["completed", 1]]]);
    const [sent] = rig.peers.delivered.filter(({ to }) => to === agent);
    assert.deepEqual(sent?.payload, { now: "allocated", list: [7] });
    assert.deepEqual(rig.peers.moves.filter(({ agentId }) => agentId === agent), [{ agentId: agent, state: "allocated" }]);
    assert.ok(typeof (ended.output?.["tell"] as { messageId: string }).messageId === "string");
    assert.equal((await api.send("GET", accepted.headers.get("location") ?? "")).body.state, "completed");
    const trace = accepted.headers.get("traceparent")?.split("-")[1];
    assert.ok(trace !== undefined && sent?.traceparent?.split("-")[1] === trace, "steps belong to the trace of the request");
  });

  it("is one execution for an Idempotency-Key, and refuses the key for another input", async () => {
    const workflow = await api.define([message("once")]);
    const key = { "idempotency-key": randomUUID() };
    const ids = await Promise.all(Array.from({ length: 10 }, () => api.execute(workflow, { a: 1, b: 2 }, key)));
    assert.equal(new Set([...ids, await api.execute(workflow, { b: 2, a: 1 }, key)]).size, 1);
    await api.ended(ids[0] ?? "");
    assert.deepEqual(deliveriesOf(ids[0] ?? ""), ["once"]);
    const other = await api.send("POST", `${WORKFLOWS}/${workflow}/execute`, { input: { a: 2 } }, key);
    assert.deepEqual([other.status, other.body.code], [422, "idempotency-key-reused"]);
  });

  it("tries again what may work later, counts the attempts, and gives up after the last", async () => {
    const retry = { maxAttempts: 3, firstPauseMs: 10 };
    const workflow = await api.define([message("flaky", "flaky", { retry })]);
    rig.peers.failing.set("flaky", 500);
    const passing = await api.execute(workflow);
    await api.until(passing, ({ steps }) => (steps[0]?.attempts ?? 0) >= 2);
    rig.peers.failing.clear();
    const passed = await api.ended(passing);
    assert.ok(passed.state === "completed" || passed.steps[0]?.attempts === 3);
    rig.peers.failing.set("flaky", 500);
    const failed = await api.ended(await api.execute(workflow));
    assert.deepEqual([failed.state, failed.steps[0]?.state, failed.steps[0]?.attempts, failed.steps[0]?.error?.code], ["failed", "failed", 3, "scripted-500"]);
  });

  it("does not try again what was refused, and undoes in reverse order what was done", async () => {
    const undo = (type: string): object => ({ kind: "sendMessage", to: randomUUID(), type, payload: {} });
    const workflow = await api.define([
      message("one", "one", { compensate: undo("undo-one") }),
      message("two", "two", { compensate: undo("undo-two") }),
      message("refused", "refused", { compensate: undo("undo-refused") }),
      message("never"),
    ]);
    rig.peers.failing.set("refused", 400);
    const id = await api.execute(workflow);
    const ended = await api.ended(id);
    assert.deepEqual([ended.state, ended.steps.map(({ state }) => state)], ["failed", ["compensated", "compensated", "failed", "pending"]]);
    assert.deepEqual([ended.steps[2]?.attempts, ended.steps[2]?.error?.code, ended.output], [1, "scripted-400", undefined]);
    assert.deepEqual(deliveriesOf(id), ["one", "two", "undo-two", "undo-one"]);
  });

  it("says which compensation failed, and goes on with the others", async () => {
    const workflow = await api.define([
      message("one", "one", { compensate: { kind: "sendMessage", to: randomUUID(), type: "undo-one", payload: {} } }),
      message("two", "two", { compensate: { kind: "setAgentState", agentId: randomUUID(), state: "ready", retry: { maxAttempts: 1 } } }),
      message("refused", "refused"),
    ]);
    rig.peers.failing.set("refused", 422);
    rig.peers.agentStatus = 404;
    const ended = await api.ended(await api.execute(workflow));
    assert.deepEqual(ended.steps.map(({ state, error }) => [state, error?.code]), [["compensated", undefined], ["compensation-failed", "scripted-404"], ["failed", "scripted-422"]]);
  });

  it("waits for a signal, also for one that came before, takes the first, and fails when none comes in time", async () => {
    const workflow = await api.define([
      { name: "approval", kind: "waitForSignal", signal: "approved", timeoutSeconds: 60 },
      { name: "pause", kind: "sleep", seconds: 1 },
      { name: "second", kind: "waitForSignal", signal: "early", timeoutSeconds: 60 },
    ]);
    const id = await api.execute(workflow);
    const waiting = await api.until(id, ({ steps }) => steps[0]?.state === "waiting");
    assert.equal(waiting.state, "running");
    const send = (name: string, payload: object) => api.send("POST", `${WORKFLOWS}/executions/${id}/signals/${name}`, { payload });
    assert.equal((await send("early", { by: "bird" })).status, 202);
    assert.equal((await send("approved", { by: "ada" })).status, 202);
    const repeated = await send("approved", { by: "bob" });
    assert.deepEqual([repeated.status, repeated.body.code], [409, "signal-repeated"]);
    const unknown = await send("denied", {});
    assert.deepEqual([unknown.status, unknown.body.code, unknown.body["signals"]], [422, "unknown-signal", ["approved", "early"]]);
    assert.deepEqual((await api.ended(id)).output, { approval: { by: "ada" }, second: { by: "bird" } });
    assert.deepEqual([(await send("approved", {})).status, (await send("approved", {})).body.code], [409, "execution-finished"]);
    const late = await api.ended(await api.execute(await api.define([{ name: "wait", kind: "waitForSignal", signal: "x", timeoutSeconds: 1 }])));
    assert.deepEqual([late.state, late.steps[0]?.error?.code], ["failed", "signal-timeout"]);
  });

  it("is cancelled while it sleeps, and undoes what it did; a cancelled one cannot be cancelled again", async () => {
    const workflow = await api.define([
      message("done", "done", { compensate: { kind: "sendMessage", to: randomUUID(), type: "undone", payload: { id: { $from: "/steps/done/messageId" } } } }),
      { name: "long", kind: "sleep", seconds: 3_600 },
    ]);
    const id = await api.execute(workflow);
    await api.until(id, ({ steps }) => steps[1]?.state === "waiting");
    assert.equal((await api.send("DELETE", `${WORKFLOWS}/executions/${id}`)).status, 202);
    const ended = await api.ended(id);
    assert.deepEqual([ended.state, ended.steps.map(({ state }) => state)], ["cancelled", ["compensated", "cancelled"]]);
    assert.deepEqual(deliveriesOf(id), ["done", "undone"]);
    const again = await api.send("DELETE", `${WORKFLOWS}/executions/${id}`);
    assert.deepEqual([again.status, again.body.code, again.body.state], [409, "execution-finished", "cancelled"]);
  });

  it("is cancelled between attempts of a step that may have been done, and undoes that step too", async () => {
    const undo = { kind: "sendMessage", to: randomUUID(), type: "undo-doubtful", payload: {} };
    const workflow = await api.define([message("doubtful", "doubtful", { retry: { firstPauseMs: 3_600_000, largestPauseMs: 3_600_000 }, compensate: undo })]);
    rig.peers.failing.set("doubtful", 500);
    const id = await api.execute(workflow);
    await api.until(id, ({ steps }) => steps[0]?.attempts === 1 && rig.peers.requests() > 0);
    await api.send("DELETE", `${WORKFLOWS}/executions/${id}`);
    assert.deepEqual((await api.ended(id)).state, "cancelled");
    assert.deepEqual(deliveriesOf(id), ["undo-doubtful"]);
  });

  it("fails on a reference that leads nowhere, without doing the step", async () => {
    const workflow = await api.define([{ name: "tell", kind: "sendMessage", to: { $from: "/input/agent" }, type: "x", payload: {} }]);
    const ended = await api.ended(await api.execute(workflow, { other: 1 }));
    assert.deepEqual([ended.state, ended.steps[0]?.error?.code, ended.steps[0]?.attempts], ["failed", "unresolved-reference", 0]);
  });

  it("is not paused by an outage of days: Restate was told how often to try", async () => {
    const known = (await (await fetch(`${rig.restate.adminUrl}/services/${HANDLERS_NAME}`)).json()) as { retry_policy?: { max_attempts?: number } };
    assert.equal(known.retry_policy?.max_attempts, MAX_RETRIES, JSON.stringify(known));
  });

  it("answers 404 to what does not exist, and 501 to what is not built", async () => {
    const id = randomUUID();
    const paths = [["GET", `/executions/${id}`], ["DELETE", `/executions/${id}`], ["POST", `/executions/${id}/signals/x`], ["POST", `/${id}/execute`], ["GET", `/${id}`]] as const;
    for (const [method, path] of paths) assert.equal((await api.send(method, `${WORKFLOWS}${path}`, method === "POST" ? {} : undefined)).status, 404, path);
    assert.equal((await api.send("GET", `${WORKFLOWS}/executions`)).status, 501);
  });
});
