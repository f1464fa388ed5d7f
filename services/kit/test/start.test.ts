import { build } from "esbuild";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Type } from "typebox";
import { HEALTH_PATHS, SERVICE_LIMITS, SERVICE_OBJECTIVE, SERVICE_PORTS, defineContract } from "../contract";
import { environmentOf } from "../environment";
import { ConfigError, startService } from "../src";
import type { ReadinessReport, RunningService } from "../src";
import { MigrationError } from "../src/postgres";
import { NO_POSTGRES, findPostgres, startPostgres } from "./support/postgres-server";
import type { PostgresServer } from "./support/postgres-server";

const contract = defineContract({
  name: "counted", version: "1.0.0", summary: "Exists for the kit's own tests",
  ports: SERVICE_PORTS, prefixes: ["/counted"], health: HEALTH_PATHS, limits: SERVICE_LIMITS,
  shutdown: { drainDelayMs: 0, inFlightDeadlineMs: 1_000 },
  routes: {
    count: {
      method: "POST", path: "/counted", summary: "Count", status: "available", idempotency: "key",
      schema: { responses: { 200: { description: "So far", body: Type.Object({ count: Type.Integer() }) } } },
    },
  },
  needs: ["postgres"], stores: [{ system: "postgres", prefix: "counted", holds: "counts" }],
  topics: { publishes: [], consumes: [] }, env: {}, calls: [], slo: SERVICE_OBJECTIVE,
});

describe("start of a service that stands on PostgreSQL", function () {
  this.timeout(60_000);
  let server: PostgresServer;
  let directory: string;
  let env: Record<string, string>;
  let running: RunningService | undefined;
  const order: string[] = [];

  before(async function () {
    const binaries = findPostgres();
    if (binaries === undefined) {
      console.log(`      ${NO_POSTGRES}`);
      this.skip();
    }
    server = await startPostgres(binaries);
    directory = await mkdtemp(join(tmpdir(), "agentic-flow-start-"));
    await writeFile(join(directory, "001.do.count.sql"), "create table counted (count int not null); insert into counted values (0);");
    const postgres = await server.addService("counted");
    env = {
      ...environmentOf(contract, { region: "test", logLevel: "fatal", access: { postgres }, services: {} }),
      PORT: "0", ADMIN_PORT: "0", MIGRATIONS_DIR: directory,
    };
  });
  after(async () => {
    await running?.stop();
    await server?.stop();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  });

  async function start(given: Record<string, string>): Promise<RunningService> {
    const { service } = await startService(contract, ({ postgres }) => ({
      operations: {
        count: async ({ signal }) => {
          const { rows: [row] } = await postgres.query<{ count: number }>("update counted set count = count + 1 returning count", [], { signal });
          return { status: 200 as const, body: { count: row?.count ?? -1 } };
        },
      },
      background: [async (signal) => {
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        // The stores are still there for what ends now.
        await postgres.query("select 1");
        order.push("background");
      }],
      close: () => void order.push("close"),
    }), given);
    return service;
  }

  async function readiness({ readiness: state }: RunningService, wanted: (report: ReadinessReport) => boolean): Promise<ReadinessReport> {
    const until = Date.now() + 20_000;
    for (;;) {
      const report = await state.report();
      if (wanted(report)) return report;
      if (Date.now() > until) throw new Error(`readiness stays ${JSON.stringify(report)}`);
      await sleep(20);
    }
  }

  it("waits for the database and says so, brings the schema up to date, and then is ready", async () => {
    await server.kill();
    running = await start(env);
    const waiting = await readiness(running, ({ reason }) => reason?.includes("migrations: unavailable") === true);
    assert.equal(waiting.ready, false);
    assert.match(waiting.reason ?? "", /postgres: unavailable: PostgreSQL cannot be reached: .*ECONNREFUSED/);
    await server.restart();
    await readiness(running, ({ ready }) => ready);
    const ask = async (): Promise<unknown> => (await fetch(`http://127.0.0.1:${running?.port}/counted`, { method: "POST", headers: { "idempotency-key": "once" } })).json();
    assert.deepEqual([await ask(), await ask()], [{ count: 1 }, { count: 1 }]);
  });

  it("ends what goes on beside requests before what it stands on", async () => {
    await running?.stop();
    running = undefined;
    assert.deepEqual(order, ["background", "close"]);
  });

  it("stays out of service, with the reason, when the migrations do not fit the database", async () => {
    await writeFile(join(directory, "001.do.count.sql"), "create table counted (count bigint not null);");
    running = await start(env);
    const report = await readiness(running, ({ reason }) => reason?.includes("was changed after it was applied") === true);
    assert.equal(report.ready, false);
  });

  it("does not start without a place for what it stores, or with an environment that is not complete", async () => {
    await assert.rejects(start({ ...env, MIGRATIONS_DIR: "" }), MigrationError);
    await assert.rejects(start({ ...env, POSTGRES_PASSWORD_FILE: "/nowhere" }), ConfigError);
  });

  it("finds its migrations beside its bundle, which is one file", async () => {
    const folder = join(directory, "app");
    await mkdir(join(folder, "migrations"), { recursive: true });
    const outfile = join(folder, "main.js");
    const contents = `
      import { migrationsDirectory, createPostgres } from "./services/kit/src/postgres";
      import { createRedis } from "./services/kit/src/redis";
      import { createClient, startService } from "./services/kit/src";
      console.log(JSON.stringify([migrationsDirectory("counted", {}), typeof createPostgres, typeof createRedis, typeof createClient, typeof startService]));`;
    await build({ stdin: { contents, resolveDir: join(__dirname, "../../.."), loader: "ts" }, outfile, bundle: true, platform: "node", target: "node24", logLevel: "error" });
    const output = execFileSync(process.execPath, [outfile], { cwd: "/", env: {}, encoding: "utf8" });
    assert.deepEqual(JSON.parse(output), [join(folder, "migrations"), "function", "function", "function", "function"]);
  });
});
