import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Balancer } from "./support/balancer";
import { sample, startSample } from "./support/sample";
import type { RunningSample } from "./support/sample";

const WORK_MS = 10;
const CLIENTS = 20;

interface Got {
  readonly status: number;
  readonly connection: string | undefined;
}

function get(port: number, agent: Agent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = request({ agent, host: "127.0.0.1", port, path: "/api/v1/things" }, (response) => {
      response.resume();
      response.once("end", () => resolve({ status: response.statusCode ?? 0, connection: response.headers.connection }));
    });
    sent.once("error", reject);
    sent.end();
  });
}

describe("drain", () => {
  let running: RunningSample[] = [];
  const start = async (work?: (signal: AbortSignal) => Promise<void>): Promise<RunningSample> => {
    const service = await startSample({ work });
    running.push(service);
    return service;
  };
  afterEach(async () => {
    await Promise.all(running.map(({ stop }) => stop()));
    running = [];
  });

  it("drops no request under load, while clients keep their connections and new ones go elsewhere", async () => {
    const slow = (): Promise<void> => sleep(WORK_MS);
    const [first, second] = [await start(slow), await start(slow)];
    const balancer = new Balancer([first, second], CLIENTS);
    const probing = balancer.probe();
    let served = 0;
    let over = false;
    const failures: unknown[] = [];
    const client = async (): Promise<void> => {
      while (!over) {
        try {
          const status = await balancer.get("/api/v1/things");
          if (status === 200) served += 1;
          else failures.push(status);
        } catch (error) {
          failures.push(error);
        }
      }
    };
    const clients = Array.from({ length: CLIENTS }, client);
    await sleep(200);
    const servedBefore = served;
    await first.stop();
    const servedDuring = served - servedBefore;
    await sleep(100);
    over = true;
    await Promise.all(clients);
    balancer.stop();
    await probing;
    assert.deepEqual(failures, []);
    assert.ok(servedBefore > 0 && servedDuring > 0, "requests were served before and while the process ended");
    await assert.rejects(fetch(first.url), "the drained process listens no more");
  });

  it("fails readiness first and serves on, closing each connection with its answer", async () => {
    const service = await start();
    const agent = new Agent({ keepAlive: true });
    try {
      assert.deepEqual(await get(service.port, agent), { status: 200, connection: "keep-alive" });
      const stopped = service.stop();
      assert.equal((await fetch(`${service.adminUrl}/readyz`)).status, 503);
      assert.equal((await fetch(`${service.adminUrl}/livez`)).status, 200);
      assert.deepEqual(await get(service.port, agent), { status: 200, connection: "close" });
      await stopped;
    } finally {
      agent.destroy();
    }
  });

  it("finishes what is in flight after it stopped listening", async () => {
    const { drainDelayMs } = sample.shutdown;
    // Longer than one request may take by default, and begun just before the doors close.
    const service = await start(() => sleep(sample.limits.requestTimeoutMs - 50));
    const agent = new Agent({ keepAlive: true });
    try {
      const stopped = service.stop();
      await sleep(drainDelayMs - 50);
      const got = await get(service.port, agent);
      assert.deepEqual(got, { status: 200, connection: "close" });
      await stopped;
    } finally {
      agent.destroy();
    }
  });

  it("ends by its deadline even when a request does not, and says how many were cut off", async () => {
    let told: AbortSignal | undefined;
    const hanging = await startSample({
      work: (signal) => {
        told = signal;
        return new Promise(() => undefined);
      },
      limits: { requestTimeoutMs: 10_000 },
      shutdown: { drainDelayMs: 50, inFlightDeadlineMs: 100 },
    });
    running.push(hanging);
    const agent = new Agent();
    const got = get(hanging.port, agent);
    const cut = assert.rejects(got, /socket hang up|ECONNRESET/);
    await sleep(20);
    await hanging.stop();
    await cut;
    assert.equal(told?.aborted, true);
    const line = hanging.lines().find((each) => each["cutOff"] !== undefined);
    assert.deepEqual([line?.["level"], line?.["cutOff"]], ["error", 1]);
  });

  it("takes a request on a connection that was idle when the doors closed", async () => {
    const service = await start();
    const agent = new Agent({ keepAlive: true });
    try {
      await get(service.port, agent);
      const stopped = service.stop();
      await sleep(sample.shutdown.drainDelayMs + 100);
      assert.deepEqual(await get(service.port, agent), { status: 200, connection: "close" });
      await stopped;
    } finally {
      agent.destroy();
    }
  });
});
