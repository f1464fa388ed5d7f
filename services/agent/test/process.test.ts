import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProblemDocument } from "../../kit/src";
import { NO_ETCD, findEtcd, startEtcd } from "../../kit/test/support/etcd-server";
import type { EtcdServer } from "../../kit/test/support/etcd-server";
import { Balancer } from "../../kit/test/support/balancer";
import { COLLECTION } from "../contract";
import { bundleService, runBundle, startProcess } from "./support/process";
import type { ServiceProcess } from "./support/process";
import { Api } from "./support/service";

const SLOW_TEST_MS = 60_000;

describe("agent service as one bundled file", () => {
  let directory: string;
  let bundle: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "agentic-flow-agent-"));
    bundle = await bundleService(directory);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it("refuses to start on a wrong environment with exit code 1, naming every variable at once", async () => {
    const { output, ended } = runBundle(bundle, { PORT: "http", LOG_LEVEL: "loud" });
    assert.equal(await ended, 1);
    const wrong = ["ETCD_ENDPOINTS", "ETCD_CA_FILE", "ETCD_CERT_FILE", "ETCD_KEY_FILE", "SERVICE_MESSAGE_BUS_URL", "PORT", "LOG_LEVEL", "REGION"];
    for (const name of wrong) assert.match(output(), new RegExp(`^  - '${name}' `, "m"));
    assert.match(output(), /^invalid-config: 8 of the environment variables/);
  });
});

describe("agent service as a process, on a real etcd", function () {
  this.timeout(SLOW_TEST_MS);
  let etcd: EtcdServer;
  let bundle: string;
  let running: ServiceProcess[] = [];

  before(async function () {
    const binary = findEtcd();
    if (binary === undefined) {
      console.log(`      ${NO_ETCD}`);
      this.skip();
    }
    etcd = await startEtcd(binary);
    bundle = await bundleService(etcd.directory);
  });
  after(() => etcd?.stop());
  afterEach(async () => {
    for (const each of running) {
      each.signal("SIGKILL");
      await each.ended;
    }
    running = [];
  });

  async function start(): Promise<ServiceProcess> {
    const service = await startProcess(bundle, etcd);
    running.push(service);
    return service;
  }

  /** Creates agents until told to stop; returns the ids that were acknowledged. A failed request is not one. */
  async function createWhile(api: Api, goOn: () => boolean, acknowledged: string[]): Promise<void> {
    while (goOn()) {
      try {
        const { status, body } = await api.create({ type: "coder", capabilities: ["x"] });
        if (status === 201) acknowledged.push(body.id);
      } catch {
        await sleep(5);
      }
    }
  }

  it("loses no acknowledged agent when it is killed in the middle of creating them", async () => {
    const acknowledged: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const service = await start();
      let alive = true;
      const clients = Array.from({ length: 10 }, () => createWhile(new Api(service.port), () => alive, acknowledged));
      const before = acknowledged.length;
      while (acknowledged.length < before + 50) await sleep(5);
      service.signal("SIGKILL");
      assert.equal(await service.ended, null);
      alive = false;
      await Promise.all(clients);
    }
    const api = new Api((await start()).port);
    assert.ok(acknowledged.length >= 150);
    const listed = new Set((await api.all({ capability: "x", limit: "100" })).map(({ id }) => id));
    assert.deepEqual(acknowledged.filter((id) => !listed.has(id)), [], "all of them are found by their capability");
    for (const id of acknowledged.slice(0, 20)) assert.equal((await api.get(id)).status, 200);
    // What was made and never acknowledged is whole as well: found by its id, its type and its capability.
    const records = (await api.all({ limit: "100" })).map(({ id }) => id);
    assert.deepEqual(records.filter((id) => !listed.has(id)), []);
    assert.equal((await api.all({ type: "coder", limit: "100" })).length, records.length);
  });

  it("ends on SIGTERM with exit code 0 and drops no request of clients that keep their connections", async () => {
    const [first, second] = [await start(), await start()];
    const balancer = new Balancer([first, second], 10);
    const probing = balancer.probe();
    let over = false;
    let served = 0;
    const failures: unknown[] = [];
    const client = async (): Promise<void> => {
      while (!over) {
        const status = await balancer.get(`${COLLECTION}?limit=1`).catch((error: unknown) => error);
        if (status === 200) served += 1;
        else failures.push(status);
      }
    };
    const clients = Array.from({ length: 10 }, client);
    await sleep(300);
    const before = served;
    first.signal("SIGTERM");
    assert.equal(await first.ended, 0);
    over = true;
    await Promise.all(clients);
    balancer.stop();
    await probing;
    assert.deepEqual(failures, []);
    assert.ok(before > 0 && served > before);
  });

  it("is not ready without etcd and says so, answers 503, and is back by itself", async () => {
    const service = await start();
    const api = new Api(service.port);
    const { body: made } = await api.create({ type: "coder" });
    await etcd.kill(0);
    try {
      const ready = await fetch(`http://127.0.0.1:${service.adminPort}/readyz`);
      assert.equal(ready.status, 503);
      assert.match(((await ready.json()) as ProblemDocument).detail, /^etcd: /);
      const [read, create] = [await api.get(made.id), await api.create({ type: "coder" })];
      assert.deepEqual([read.status, read.body.code, create.status], [503, "unavailable", 503]);
      assert.equal((await fetch(`http://127.0.0.1:${service.adminPort}/livez`)).status, 200, "a restart would not help, so it stays alive");
    } finally {
      await etcd.restart(0);
    }
    while ((await fetch(`http://127.0.0.1:${service.adminPort}/readyz`)).status !== 200) await sleep(50);
    assert.deepEqual((await api.get(made.id)).body, made);
  });

  it("writes no secret to its log", async () => {
    const service = await start();
    const api = new Api(service.port);
    await api.send("GET", `${COLLECTION}?capability=query-s3cret`, undefined, { authorization: "Bearer header-s3cret", cookie: "cookie-s3cret" });
    await api.create({ type: "coder", metadata: { apiKey: "body-s3cret" } });
    await api.create({ type: "coder", password: "field-s3cret" });
    // A request is logged when its answer is out, so the last line can come after the answer.
    while (service.output().split('"msg":"request"').length - 1 < 3) await sleep(10);
    assert.ok(!service.output().includes("s3cret"), service.output());
    const [keyLine = ""] = (await readFile(etcd.tls.keyFile, "utf8")).split("\n").slice(1);
    assert.ok(!service.output().includes(keyLine));
  });
});
