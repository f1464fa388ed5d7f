import { build } from "esbuild";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { environmentOf } from "../../kit/environment";
import { NO_ETCD, findEtcd, freePorts, startEtcd } from "../../kit/test/support/etcd-server";
import type { EtcdServer } from "../../kit/test/support/etcd-server";
import { MAX_BATCH } from "../limits";
import { contract } from "../contract";
import { newId } from "../../kit/src/uuid";
import { Api } from "./support/service";

const SENDERS = 8;
const ENOUGH = 60;

interface Process {
  readonly api: Api;
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
}

describe("message bus as a process, on a real etcd", function () {
  this.timeout(60_000);
  let etcd: EtcdServer;
  let bundle: string;
  const running: Process[] = [];

  before(async function () {
    const binary = findEtcd();
    if (binary === undefined) {
      console.log(`      ${NO_ETCD}`);
      this.skip();
    }
    etcd = await startEtcd(binary);
    bundle = join(etcd.directory, "message-bus.js");
    await build({ entryPoints: [join(__dirname, "../src/main.ts")], outfile: bundle, bundle: true, platform: "node", target: "node24", logLevel: "error" });
  });
  afterEach(async () => {
    for (const { child, ended } of running.splice(0)) {
      child.kill("SIGKILL");
      await ended;
    }
  });
  after(() => etcd?.stop());

  async function start(): Promise<Process> {
    const [port = 0, adminPort = 0] = await freePorts(2);
    const access = { etcd: { endpoints: etcd.endpoints, ...etcd.tls } };
    const env = { ...environmentOf(contract, { region: "test", logLevel: "error", access, services: {} }), PORT: String(port), ADMIN_PORT: String(adminPort) };
    const child = spawn(process.execPath, [bundle], { env, stdio: "ignore" });
    const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
    running.push({ api: new Api(port), child, ended });
    while (!(await fetch(`http://127.0.0.1:${adminPort}${contract.health.readiness}`).then(({ ok }) => ok, () => false))) await sleep(25);
    return { api: new Api(port), child, ended };
  }

  it("loses no message that it acknowledged when it is killed in the middle of sending and receiving", async () => {
    const agent = newId();
    const sent: string[] = [];
    const acknowledged: string[] = [];
    /** Acknowledgements without an answer: done or not. */
    const open = new Set<string>();
    for (let round = 0; round < 3; round += 1) {
      const { api, child, ended } = await start();
      let alive = true;
      const whileAlive = async (work: () => Promise<void>): Promise<void> => {
        while (alive) await work().catch(() => sleep(5));
      };
      const send = async (): Promise<void> => {
        const { status, body } = await api.send(agent);
        if (status === 201) sent.push(body.id);
      };
      const receive = async (): Promise<void> => {
        const [message] = (await api.receive(agent, { limit: "1", visibilitySeconds: "1" })).body.messages;
        if (message === undefined) return;
        open.add(message.id);
        const { body } = await api.ack(agent, [message.receipt]);
        open.delete(message.id);
        if (body.acknowledged.length === 1) acknowledged.push(message.id);
      };
      const working = [...Array.from({ length: SENDERS }, () => whileAlive(send)), whileAlive(receive)];
      const before = sent.length;
      while (sent.length < before + ENOUGH) await sleep(5);
      child.kill("SIGKILL");
      assert.equal(await ended, null);
      alive = false;
      await Promise.all(working);
    }
    await sleep(1_100);
    const { api } = await start();
    const left = new Set<string>();
    for (;;) {
      const { messages } = (await api.receive(agent, { limit: String(MAX_BATCH) })).body;
      if (messages.length === 0) break;
      for (const { id } of messages) left.add(id);
    }
    const gone = new Set(acknowledged);
    assert.deepEqual(sent.filter((id) => !left.has(id) && !gone.has(id) && !open.has(id)), []);
    assert.deepEqual(acknowledged.filter((id) => left.has(id)), [], "what was acknowledged does not come again");
    assert.ok(gone.size > 0);
  });

  it("lets who waits have a message that comes while it ends, and ends with exit code 0", async () => {
    const [first, second] = [await start(), await start()];
    const agent = newId();
    const waiting = first.api.receive(agent, { waitMs: "15000" });
    await sleep(300);
    first.child.kill("SIGTERM");
    await sleep(contract.shutdown.drainDelayMs + 500);
    const { body } = await second.api.send(agent);
    assert.deepEqual((await waiting).body.messages.map(({ id }) => id), [body.id]);
    assert.equal(await first.ended, 0);
  });
});
