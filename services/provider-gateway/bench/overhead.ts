import { cpus, loadavg } from "node:os";
import { Pool } from "undici";
import { completion, json, startFakeProvider } from "../test/support/fake-provider";
import { startRig } from "../test/support/rig";

const WARM_UP = 200;
const CALLS = 2_000;
const CONCURRENCY = 32;
const BODY = JSON.stringify({ model: "m", messages: [{ role: "user", content: "hello" }] });

/**
 * What the gateway adds to a call: the same fake provider, asked directly and through the gateway, one call after the
 * other; then as many calls as 32 callers can make. All of it, PostgreSQL and Redis included, shares this machine.
 */
async function main(): Promise<void> {
  const rig = await startRig();
  if (rig === undefined) return;
  const provider = await startFakeProvider();
  provider.behave = json(200, completion("hello"));
  try {
    const model = { name: "m", inputPer1k: 0.0005, outputPer1k: 0.0015 };
    const unlimited = { default: { monthlyBudgetUsd: 1_000_000, requestsPerSecond: 10_000, burst: 100_000 } };
    const gateway = await rig.gateway([{ name: "p", baseUrl: provider.baseUrl, models: [model] }], unlimited);
    console.log(`${cpus().length} x ${cpus()[0]?.model ?? "?"}, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`);
    const direct = await oneByOne(provider.baseUrl);
    const through = await oneByOne(`${gateway.url}/v1`);
    for (const [name, times] of Object.entries({ direct, through })) console.log(`${name}: median ${at(times, 0.5)} ms, p99 ${at(times, 0.99)} ms of ${CALLS} calls`);
    console.log(`added: median ${(Number(at(through, 0.5)) - Number(at(direct, 0.5))).toFixed(2)} ms`);
    console.log(`through, ${CONCURRENCY} callers: ${Math.round(await perSecond(`${gateway.url}/v1`))} calls per second`);
  } finally {
    await rig.stop();
    await provider.stop();
  }
}

function callerOf(baseUrl: string): { readonly call: () => Promise<void>; readonly close: () => Promise<void> } {
  const { origin, pathname } = new URL(baseUrl);
  const pool = new Pool(origin, { connections: CONCURRENCY });
  return {
    close: () => pool.close(),
    call: async () => {
      const { statusCode, body } = await pool.request({ method: "POST", path: `${pathname}/chat/completions`, headers: { "content-type": "application/json" }, body: BODY });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`answered ${statusCode}: ${text}`);
    },
  };
}

/** @returns milliseconds of each call, ascending. */
async function oneByOne(baseUrl: string): Promise<number[]> {
  const { call, close } = callerOf(baseUrl);
  const times: number[] = [];
  for (let count = -WARM_UP; count < CALLS; count += 1) {
    const startedAt = performance.now();
    await call();
    if (count >= 0) times.push(performance.now() - startedAt);
  }
  await close();
  return times.sort((a, b) => a - b);
}

async function perSecond(baseUrl: string): Promise<number> {
  const { call, close } = callerOf(baseUrl);
  let left = CALLS;
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: CONCURRENCY }, async () => {
    while (left-- > 0) await call();
  }));
  const seconds = (performance.now() - startedAt) / 1000;
  await close();
  return CALLS / seconds;
}

function at(ascending: readonly number[], share: number): string {
  return (ascending[Math.floor(ascending.length * share)] ?? NaN).toFixed(2);
}

void main();
