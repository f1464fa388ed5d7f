import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { Client } from "pg";
import { postgresCommands } from "../../cli/backups/stores";
import { notBuilt } from "../../toolchain/find-built";
import { PostgresPod } from "../support/postgres-pod";
import type { Start } from "../support/postgres-pod";

const PASSWORDS = { agent: "agent's \"own\" \\password", memory: "memory-password" };
/** The code that PostgreSQL gives an error; fails when there was none. */
async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
  throw new Error("nothing was refused");
}

describe("start-postgres", function () {
  this.timeout(90_000);
  let pod: PostgresPod;
  let running: Start;

  const agent = <T>(sql: string): Promise<T[]> => pod.query<T>("agent", PASSWORDS.agent, sql);
  const stop = async (): Promise<void> => {
    running.terminate();
    const { code, log } = await running.ended;
    assert.equal(code, 0, log);
  };
  const restart = async (): Promise<void> => {
    running = pod.start();
    await running.ready();
  };

  before(async function () {
    if (!PostgresPod.available()) {
      if (process.env["CI"] !== undefined) throw new Error(notBuilt("postgres"));
      console.warn(`      ${notBuilt("postgres")}`);
      this.skip();
    }
    pod = await PostgresPod.make(PASSWORDS);
    // An initdb that was killed left this.
    pod.leave("data.new", "half");
    running = pod.start();
    await running.ready();
  });

  after(() => pod?.remove());

  it("makes a database with checksums, pgvector and an encoding that no library of the system can change", async () => {
    const [row] = await agent<Record<string, string>>(`
      select current_setting('data_checksums') as checksums, datlocprovider as provider, datlocale as locale,
             pg_encoding_to_char(encoding) as encoding, '[1,2,3]'::vector <-> '[1,2,5]' as distance, current_setting('timezone') as zone
      from pg_database where datname = current_database()`);
    assert.deepEqual(row, { checksums: "on", provider: "b", locale: "C.UTF-8", encoding: "UTF8", distance: 2, zone: "UTC" });
    assert.equal(existsSync(join(pod.directory, "volume", "data.new")), false);
  });

  it("gives each service a schema of its own, where its tables go", async () => {
    await agent("create table kept (value text)");
    await agent("insert into kept values ('row')");
    const [row] = await agent("select table_schema, tableowner from information_schema.tables join pg_tables on tablename = table_name where table_name = 'kept'");
    assert.deepEqual(row, { table_schema: "agent", tableowner: "agent" });
    const [limits] = await agent("select current_setting('statement_timeout') as statement, current_setting('idle_in_transaction_session_timeout') as idle");
    assert.deepEqual(limits, { statement: "30s", idle: "1min" });
  });

  it("lets no service into another's schema, the public one, another database, or a role with rights", async () => {
    const memory = (sql: string, database?: string) => pod.query("memory", PASSWORDS.memory, sql, database);
    const denied = "42501";
    assert.equal(await codeOf(memory("select * from agent.kept")), denied);
    assert.equal(await codeOf(memory("create table agent.intruder ()")), denied);
    assert.equal(await codeOf(memory("create table public.intruder ()")), denied);
    assert.equal(await codeOf(memory("create schema intruder")), denied);
    assert.equal(await codeOf(memory("set role agent")), denied);
    assert.equal(await codeOf(memory("create role intruder")), denied);
    assert.equal(await codeOf(memory("copy kept to program 'cat'")), denied);
    assert.equal(await codeOf(memory("select 1", "postgres")), "28000");
  });

  it("refuses a wrong password, the superuser, and a connection without TLS", async () => {
    assert.equal(await codeOf(pod.query("agent", "wrong", "select 1")), "28P01");
    assert.equal(await codeOf(pod.query("postgres", "", "select 1")), "28000");
    const plain = new Client({ host: "127.0.0.1", port: pod.port, user: "agent", password: PASSWORDS.agent, database: "agentic_flow" });
    assert.equal(await codeOf(plain.connect()), "28000");
    const [row] = await agent<{ version: string }>("select version from pg_stat_ssl where pid = pg_backend_pid()");
    assert.equal(row?.version, "TLSv1.3");
  });

  it("lets one service have no more than its share of the connections", async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => pod.connect("agent", PASSWORDS.agent)));
    try {
      assert.equal(await codeOf(agent("select 1")), "53300");
      await pod.query("memory", PASSWORDS.memory, "select 1");
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  });

  it("stops at SIGTERM while clients are connected, and keeps every committed row", async () => {
    const idle = await pod.connect("agent", PASSWORDS.agent);
    const busy = await pod.connect("agent", PASSWORDS.agent);
    const sleeping = busy.query("select pg_sleep(60)").catch((error: unknown) => error);
    await idle.query("begin");
    await idle.query("insert into kept values ('not committed')");
    await agent("insert into kept values ('committed')");
    await stop();
    // It was ended and did not come to its end: the server waited for no client.
    assert.ok((await sleeping) instanceof Error);
    await restart();
    assert.deepEqual(await agent("select value from kept order by value"), [{ value: "committed" }, { value: "row" }]);
  });

  it("recovers what was committed when all of it is killed at once", async () => {
    await agent("insert into kept select 'many ' || n from generate_series(1, 1000) n");
    running.kill();
    await running.ended;
    await restart();
    assert.deepEqual(await agent("select count(*)::int as count from kept"), [{ count: 1002 }]);
  });

  it("ends when PostgreSQL does, so that the pod is restarted", async () => {
    pod.killPostmaster();
    const { code } = await running.ended;
    assert.notEqual(code, 0);
    await restart();
  });

  it("comes back from a backup as it was, with the rights of its roles, and can be run again when it was interrupted", async () => {
    await agent("create table vectors (value vector(3)); insert into vectors values ('[1,2,3]')");
    const run = ([program, ...args]: readonly [string, ...string[]], input?: Buffer): Buffer => {
      const { code, output, said } = pod.run(program, [...pod.superuser, ...args], input);
      assert.equal(code, 0, said);
      return output;
    };
    const dump = run(postgresCommands.dump);
    await agent("drop table kept; update vectors set value = '[0,0,0]'; create table later ()");
    run(postgresCommands.prepare);
    const broken = pod.run("pg_restore", [...pod.superuser, ...postgresCommands.load.slice(1)], dump.subarray(0, dump.length / 2));
    assert.notEqual(broken.code, 0);
    for (const [command, input] of [[postgresCommands.prepare], [postgresCommands.load, dump], [postgresCommands.swap]] as const) run(command, input);
    await stop();
    await restart();
    assert.deepEqual(await agent("select count(*)::int as count from kept"), [{ count: 1002 }]);
    assert.deepEqual(await agent("select value::text from vectors"), [{ value: "[1,2,3]" }]);
    assert.deepEqual(await agent("select to_regclass('later') as later"), [{ later: null }]);
    assert.equal(await codeOf(pod.query("memory", PASSWORDS.memory, "select * from agent.kept")), "42501");
    await agent("insert into kept values ('goes on')");
    await agent("delete from kept where value = 'goes on'");
  });

  it("takes over changed passwords and new services at a start, and shuts out a service that is gone", async () => {
    await stop();
    pod.mountPasswords({ agent: "changed", neural: "new" });
    await restart();
    assert.equal(await codeOf(agent("select 1")), "28P01");
    assert.deepEqual(await pod.query("agent", "changed", "select count(*)::int as count from kept"), [{ count: 1002 }]);
    assert.deepEqual(await pod.query("neural", "new", "select current_schema()"), [{ current_schema: "neural" }]);
    assert.equal(await codeOf(pod.query("memory", PASSWORDS.memory, "select 1")), "28000");
    await stop();
    pod.mountPasswords(PASSWORDS);
    await restart();
    assert.deepEqual(await pod.query("memory", PASSWORDS.memory, "select 1 as one"), [{ one: 1 }]);
  });

  it("shows no password in its log", async () => {
    await stop();
    const { log } = await running.ended;
    assert.match(log, /database system is ready/);
    for (const password of Object.values(PASSWORDS)) assert.ok(!log.includes(password), log);
  });

  it("says everything that is wrong at once, and starts nothing", async () => {
    pod.mountPasswords({ "Not-A-Role": "x", postgres: "y", empty: "" });
    writeFileSync(join(pod.directory, "volume", "data", "PG_VERSION"), "17\n");
    const { code, log } = await pod.start({ POSTGRES_TLS_DIR: "/nowhere", POSTGRES_ROLE_CONNECTIONS: "" }).ended;
    assert.equal(code, 78, log);
    for (const said of [
      /POSTGRES_ROLE_CONNECTIONS is not set/,
      /\/nowhere\/tls\.crt cannot be read/,
      /\/nowhere\/tls\.key cannot be read/,
      /'Not-A-Role' in .* cannot be a role; name it/,
      /'postgres' in .* cannot be a role/,
      /the password of role 'empty' is empty/,
      /the data are of PostgreSQL 17 and the program is 18; restore a backup/,
    ]) assert.match(log, said);
  });
});
