import { InMemorySpanExporter } from "@opentelemetry/sdk-trace";
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RedisError, createRedis } from "../src/redis";
import type { Redis, RedisSettings } from "../src/redis";
import { createTelemetry, withSpan } from "../src/telemetry";
import type { Telemetry } from "../src/telemetry";
import { capturingLogger } from "./support/capturing-logger";
import { newAuthority } from "./support/pki";
import { NO_REDIS, findRedis, startRedis } from "./support/redis-server";
import type { RedisServer } from "./support/redis-server";

const WAIT_MS = 10_000;

describe("redis", function () {
  this.timeout(30_000);
  const binary = findRedis();
  const spans = new InMemorySpanExporter();
  const { logger, lines } = capturingLogger();
  const open: Redis[] = [];
  let server: RedisServer;
  let telemetry: Telemetry;
  let settings: RedisSettings;
  let redis: Redis;

  function connect(given: RedisSettings): Redis {
    const made = createRedis({ settings: given, telemetry, logger, clientName: "sample" });
    open.push(made);
    return made;
  }

  /** Waits until Redis can be used, or fails with `reason` for the first time. */
  async function settled(client: Redis, reason?: RegExp): Promise<void> {
    const until = Date.now() + WAIT_MS;
    for (;;) {
      const fault = await client.check(AbortSignal.timeout(1_000)).then(() => undefined, (error: unknown) => error);
      if (reason === undefined ? fault === undefined : fault instanceof RedisError && reason.test(fault.message)) return;
      if (Date.now() > until) throw new Error("not settled", { cause: fault });
      await sleep(10);
    }
  }

  before(async function () {
    if (binary === undefined) {
      console.log(`      ${NO_REDIS}`);
      this.skip();
    }
    server = await startRedis(binary);
    telemetry = createTelemetry({ service: "sample", version: "1", region: "test", instance: "0", logger, spanExporter: spans });
    settings = await server.addService("sample");
    redis = connect(settings);
    await settled(redis);
  });
  after(async () => {
    await Promise.all(open.map((each) => each.end()));
    await telemetry?.shutdown();
    await server?.stop();
  });

  it("reads what it wrote, as a user that may not administer", async () => {
    await redis.run("SET", (client) => client.set("a", "1"));
    assert.equal(await redis.run("GET", (client) => client.get("a")), "1");
    await assert.rejects(redis.run("FLUSHALL", (client) => client.flushall()), { name: "RedisError", code: "rejected", applied: "no" });
  });

  it("gives up at the deadline and at the caller's wish", async () => {
    const blocked = (signal?: AbortSignal): Promise<unknown> =>
      redis.run("BLPOP", (client) => client.blpop("nothing", 0.2), { signal, deadlineMs: 20 });
    await assert.rejects(blocked(), { code: "deadline", applied: "unknown" });
    await assert.rejects(blocked(AbortSignal.abort()), { code: "cancelled" });
  });

  it("shows each call as a span of the work that makes it", async () => {
    spans.reset();
    await redis.run("GET", (client) => client.get("a"));
    await withSpan(telemetry.tracer, "work", {}, () => redis.run("GET", (client) => client.get("a")));
    await telemetry.forceFlush();
    assert.deepEqual(spans.getFinishedSpans().map(({ name }) => name), ["redis GET", "work"]);
  });

  it("fails at once while Redis is gone, with one line in the log, and comes back by itself", async () => {
    await server.kill();
    await settled(redis, /no connection to Redis \(/);
    await assert.rejects(redis.run("SET", (client) => client.set("a", "2")), { code: "unavailable", applied: "no" });
    await sleep(300);
    await server.restart();
    await settled(redis);
    const told = lines().map(({ msg }) => msg).filter((msg) => String(msg).startsWith("Redis "));
    assert.deepEqual(told, ["Redis cannot be reached; trying again", "Redis is back"]);
  });

  it("takes up a rotated password at the next connection", async () => {
    const rotated = await server.addService("rotated");
    await writeFile(rotated.passwordFile, "second");
    const client = connect(rotated);
    await settled(client, /WRONGPASS/);
    await server.admin("ACL", "SETUSER", "rotated", "resetpass", ">second");
    await settled(client);
  });

  it("refuses a server whose certificate another authority signed, and says which file is missing", async () => {
    const caFile = join(server.directory, "other-ca.crt");
    await writeFile(caFile, (await newAuthority("another")).certificate.toString("pem"));
    await settled(connect({ ...settings, caFile }), /certificate/);
    await settled(connect({ ...settings, passwordFile: "/nowhere/password" }), /\/nowhere\/password/);
  });
});
