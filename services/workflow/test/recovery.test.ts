import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../../kit/test/support/etcd-server";
import { WORKFLOWS } from "../contract";
import { bundleService, startProcess } from "./support/process";
import type { ServiceProcess } from "./support/process";
import { startEngines } from "./support/rig";
import type { Engines } from "./support/rig";

const SLOW_TEST_MS = 180_000;
const EXECUTIONS = 20;
const KILLS = 3;
const CONCURRENT = 100;

describe("workflow service as a process, on a real Restate and PostgreSQL", function () {
  this.timeout(SLOW_TEST_MS);
  let directory: string;
  let bundle: string;
  let engines: Engines;
  let handlersPort: number;
  let service: ServiceProcess | undefined;

  before(async function () {
    const started = await startEngines();
    if (started === undefined) this.skip();
    engines = started;
    directory = await mkdtemp(join(tmpdir(), "agentic-flow-workflow-"));
    bundle = await bundleService(directory);
    [handlersPort = 0] = await freePorts(1);
  });
  afterEach(() => {
    if (engines !== undefined) engines.peers.delayMs = 0;
  });
  after(async () => {
    await service?.kill();
    await engines?.stop();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });

  const start = async (): Promise<ServiceProcess> => (service = await startProcess(bundle, engines, handlersPort));
  const message = (type: string): object => ({ name: type, kind: "sendMessage", to: randomUUID(), type, payload: {} });
  const keysOf = (ids: readonly string[]): string[] => engines.peers.delivered.map(({ key }) => key).filter((key) => ids.some((id) => key.startsWith(id)));

  it("ends each execution with each effect once, although the process is killed in the middle again and again", async () => {
    let running = await start();
    const workflow = await running.api.define([message("a"), { name: "pause", kind: "sleep", seconds: 1 }, message("b"), message("c")]);
    // Each kill meets messages that are stored and not answered yet.
    engines.peers.delayMs = 400;
    const before = engines.peers.requests();
    const ids = await Promise.all(Array.from({ length: EXECUTIONS }, () => running.api.execute(workflow)));
    for (let count = 0; count < KILLS; count += 1) {
      const seen = engines.peers.requests();
      while (engines.peers.requests() === seen) await sleep(10);
      await sleep(100);
      await running.kill();
      running = await start();
    }
    const { api } = running;
    for (const id of ids) {
      const { state, steps } = await api.ended(id);
      assert.deepEqual([state, steps.map((step) => step.state)], ["completed", ["completed", "completed", "completed", "completed"]]);
    }
    assert.deepEqual(keysOf(ids).sort(), ids.flatMap((id) => [`${id}.0`, `${id}.2`, `${id}.3`]).sort());
    const requests = engines.peers.requests() - before;
    assert.ok(requests > 3 * EXECUTIONS, "some were interrupted and done again");
    console.log(`      ${EXECUTIONS} executions, ${KILLS} kills: ${requests} requests for ${3 * EXECUTIONS} messages`);
  });

  it("accepts executions while Restate is down, says what it cannot tell, and runs them when it is back", async () => {
    const { api } = service ?? (await start());
    const workflow = await api.define([message("later")]);
    await engines.restate.kill();
    let id: string;
    try {
      id = await api.execute(workflow);
      const { status, headers } = await api.execution(id);
      assert.deepEqual([status, headers.get("retry-after")], [503, "1"]);
      assert.equal((await api.send("DELETE", `${WORKFLOWS}/executions/${id}`)).status, 503);
    } finally {
      await engines.restate.restart();
    }
    assert.equal((await api.ended(id)).state, "completed");
    assert.deepEqual(keysOf([id]), [`${id}.0`]);
  });

  it("keeps how an execution ended when PostgreSQL was down at its end", async () => {
    const { api } = service ?? (await start());
    const workflow = await api.define([message("before"), { name: "pause", kind: "sleep", seconds: 1 }, message("after")]);
    const id = await api.execute(workflow);
    await engines.postgres.kill();
    try {
      while (!keysOf([id]).includes(`${id}.2`)) await sleep(50);
      await sleep(500);
    } finally {
      await engines.postgres.restart();
    }
    assert.equal((await api.ended(id)).state, "completed");
    assert.deepEqual(keysOf([id]), [`${id}.0`, `${id}.2`]);
  });

  it("tells a Restate that was rebuilt of its handlers again", async () => {
    const { api, adminPort } = service ?? (await start());
    const workflow = await api.define([message("rebuilt")]);
    await engines.restate.rebuild();
    const id = await api.execute(workflow);
    assert.equal((await api.ended(id)).state, "completed");
    assert.match(await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text(), /^workflow_handlers_registered\S* 1$/m);
  });

  it("ends on SIGTERM with exit code 0 while executions are under way, and the next process ends them", async () => {
    const running = service ?? (await start());
    const workflow = await running.api.define([message("x"), { name: "pause", kind: "sleep", seconds: 2 }, message("y")]);
    const id = await running.api.execute(workflow);
    assert.equal(await running.terminate(), 0, running.output());
    const { api } = await start();
    assert.equal((await api.ended(id)).state, "completed");
    assert.deepEqual(keysOf([id]), [`${id}.0`, `${id}.2`]);
  });

  it("runs a hundred executions of three steps at once, and tells how long they took", async () => {
    const { api, residentBytes } = service ?? (await start());
    const idleMib = Math.round((await residentBytes()) / 2 ** 20);
    const workflow = await api.define([message("p"), message("q"), message("r")]);
    await Promise.all(Array.from({ length: CONCURRENT }, async () => api.ended(await api.execute(workflow))));
    const ids = await Promise.all(Array.from({ length: CONCURRENT }, () => api.execute(workflow)));
    const tookMs: number[] = [];
    for (const id of ids) {
      await api.ended(id);
      const body = (await api.execution(id)).body as unknown as { acceptedAt: string; finishedAt: string };
      tookMs.push(Date.parse(body.finishedAt) - Date.parse(body.acceptedAt));
    }
    assert.equal(keysOf(ids).length, 3 * CONCURRENT);
    tookMs.sort((a, b) => a - b);
    const at = (share: number): number => tookMs[Math.ceil(share * tookMs.length) - 1] ?? NaN;
    const mib = Math.round((await residentBytes()) / 2 ** 20);
    console.log(`      ${CONCURRENT} at once, from accepted to finished: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; the process has ${mib} MiB, and had ${idleMib} before`);
  });
});
