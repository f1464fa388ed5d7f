import { InMemorySpanExporter } from "@opentelemetry/sdk-trace";
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MigrationError, PostgresError, createPostgres, migrate } from "../src/postgres";
import type { Postgres, PostgresSettings } from "../src/postgres";
import { createTelemetry, withSpan } from "../src/telemetry";
import type { Telemetry } from "../src/telemetry";
import { capturingLogger } from "./support/capturing-logger";
import { freePorts } from "./support/etcd-server";
import { newAuthority } from "./support/pki";
import { NO_POSTGRES, findPostgres, startPostgres } from "./support/postgres-server";
import type { PostgresServer } from "./support/postgres-server";

const { logger } = capturingLogger();

describe("postgres", function () {
  this.timeout(60_000);
  const binaries = findPostgres();
  let server: PostgresServer;
  let telemetry: Telemetry;
  let settings: PostgresSettings;
  let postgres: Postgres;
  const spans = new InMemorySpanExporter();
  const open: Postgres[] = [];

  function connect(given: PostgresSettings): Postgres {
    const made = createPostgres({ settings: given, telemetry, logger, applicationName: "sample" });
    open.push(made);
    return made;
  }

  async function codeOf(work: Promise<unknown>): Promise<string> {
    const error = await work.then(() => assert.fail("did not fail"), (thrown: unknown) => thrown);
    assert.ok(error instanceof PostgresError, String(error));
    return `${error.code} ${error.applied}`;
  }

  before(async function () {
    if (binaries === undefined) {
      console.log(`      ${NO_POSTGRES}`);
      this.skip();
    }
    server = await startPostgres(binaries);
    telemetry = createTelemetry({ service: "sample", version: "1", region: "test", instance: "0", logger, spanExporter: spans });
    settings = await server.addService("sample");
    postgres = connect(settings);
    await postgres.query("create table thing (id text primary key, size int not null)");
  });
  after(async () => {
    await Promise.all(open.map((each) => each.end()));
    await telemetry?.shutdown();
    await server?.stop();
  });

  it("reads what it wrote, in its own schema and no other", async () => {
    await postgres.query("insert into thing values ($1, $2)", ["a", 1]);
    assert.deepEqual(await postgres.query("select id, size from sample.thing"), { rows: [{ id: "a", size: 1 }], count: 1 });
    await server.addService("other");
    assert.equal(await codeOf(postgres.query("create table other.thing (id text)")), "rejected no");
  });

  it("keeps all of a transaction or nothing, and throws on what its work throws", async () => {
    const failing = postgres.transaction(async ({ query }) => {
      await query("insert into thing values ('b', 1)");
      throw new Error("changed my mind");
    });
    await assert.rejects(failing, /changed my mind/);
    assert.equal((await postgres.query("select 1 from thing where id = 'b'")).count, 0);
    await postgres.transaction(async ({ query }) => void (await query("insert into thing values ('b', 2)")));
    assert.equal((await postgres.query("select 1 from thing where id = 'b'")).count, 1);
  });

  it("tells unique violations, with the constraint, and lost races from other errors", async () => {
    await postgres.query("insert into thing values ('unique', 1)");
    const error = await postgres.query("insert into thing values ('unique', 1)").catch((thrown: unknown) => thrown as PostgresError);
    assert.ok(error instanceof PostgresError);
    assert.deepEqual([error.code, error.constraint, error.sqlState], ["unique-violation", "thing_pkey", "23505"]);
    assert.equal(await codeOf(postgres.query("select nonsense from thing")), "rejected no");
    const racing = postgres.transaction(async ({ query }) => {
      await query("select * from thing where id = 'a'");
      await postgres.query("update thing set size = size + 1 where id = 'a'");
      await query("update thing set size = size + 1 where id = 'a'");
    }, { isolation: "repeatable read" });
    assert.equal(await codeOf(racing), "conflict no");
  });

  it("gives up at the deadline and at the caller's wish, and the pool stays usable", async () => {
    assert.equal(await codeOf(postgres.query("select pg_sleep(30)", [], { deadlineMs: 50 })), "deadline no");
    assert.equal(await codeOf(postgres.query("insert into thing select 'late', 1 from pg_sleep(30)", [], { deadlineMs: 50 })), "deadline unknown");
    const abort = new AbortController();
    const sleeping = postgres.query("select pg_sleep(30)", [], { signal: abort.signal });
    setImmediate(() => abort.abort());
    assert.equal(await codeOf(sleeping), "cancelled no");
    assert.equal(await codeOf(postgres.query("select 1", [], { signal: AbortSignal.abort() })), "cancelled no");
    assert.equal((await postgres.query("select 1")).count, 1);
  });

  it("shows each statement as a span of the work that makes it, without values", async () => {
    spans.reset();
    await postgres.query("select 1");
    await withSpan(telemetry.tracer, "work", {}, () => postgres.query("select id from thing where id = $1", ["confidential"]));
    await telemetry.forceFlush();
    const [statement, work] = spans.getFinishedSpans();
    assert.equal(spans.getFinishedSpans().length, 2);
    assert.equal(statement?.parentSpanContext?.spanId, work?.spanContext().spanId);
    assert.equal(statement?.name, "postgresql SELECT");
    assert.equal(statement?.attributes["db.query.text"], "select id from thing where id = $1");
    assert.doesNotMatch(JSON.stringify(statement?.attributes), /confidential/);
    const text = await telemetry.prometheus();
    assert.match(text, /^db_client_operation_duration_seconds_count\{db_system_name="postgresql",db_operation_name="SELECT",outcome="ok",/m);
    assert.match(text, /^db_client_connections\{state="used",.*\} 0$/m);
  });

  it("takes up a rotated password at the next connection", async () => {
    const rotated = await server.addService("rotated");
    await connect(rotated).query("select 1");
    await server.admin("alter role rotated password 'second'");
    assert.equal(await codeOf(connect(rotated).query("select 1")), "unavailable no");
    await writeFile(rotated.passwordFile, "second");
    await connect(rotated).query("select 1");
  });

  it("refuses a server whose certificate another authority signed, or that has another name", async () => {
    const caFile = join(server.directory, "other-ca.crt");
    await writeFile(caFile, (await newAuthority("another")).certificate.toString("pem"));
    assert.equal(await codeOf(connect({ ...settings, caFile }).query("select 1")), "unavailable no");
    // The server listens there, and its certificate is for 127.0.0.1.
    await assert.rejects(connect({ ...settings, host: "127.0.0.2" }).query("select 1"), /127\.0\.0\.2 is not in the cert's list/);
  });

  it("says that nothing listens, and is back by itself when the server is", async () => {
    const [port] = await freePorts(1);
    assert.equal(await codeOf(connect({ ...settings, port: port ?? 0 }).query("insert into thing values ('c', 1)")), "unavailable no");
    await postgres.check(AbortSignal.timeout(5_000));
    await server.kill();
    await assert.rejects(postgres.check(AbortSignal.timeout(5_000)), PostgresError);
    await server.restart();
    await postgres.check(AbortSignal.timeout(5_000));
  });

  describe("migrations", () => {
    let directory: string;
    let service: PostgresSettings;
    let count = 0;

    beforeEach(async () => {
      count += 1;
      service = await server.addService(`migrated-${count}`);
      directory = await mkdtemp(join(tmpdir(), "agentic-flow-migrations-"));
      await file("001.do.create-thing.sql", "create table thing (id text primary key); insert into thing values ('first');");
      await file("002.do.add-size.sql", "alter table thing add column size int;");
    });
    afterEach(() => rm(directory, { recursive: true, force: true }));

    function file(name: string, sql: string): Promise<void> {
      return writeFile(join(directory, name), sql);
    }

    async function faults(): Promise<readonly string[]> {
      const error = await migrate({ postgres: connect(service), directory, logger }).then(() => assert.fail("did not fail"), (thrown: unknown) => thrown);
      assert.ok(error instanceof MigrationError, String(error));
      return error.faults;
    }

    it("are applied in order, once, by replicas that start together", async () => {
      const applied = await Promise.all([1, 2, 3].map(() => migrate({ postgres: connect(service), directory, logger })));
      assert.deepEqual(applied.flat().sort(), ["001.do.create-thing.sql", "002.do.add-size.sql"]);
      assert.deepEqual((await connect(service).query("select * from thing")).rows, [{ id: "first", size: null }]);
      await file("003.do.drop-size.sql", "alter table thing drop column size;");
      assert.deepEqual(await migrate({ postgres: connect(service), directory, logger }), ["003.do.drop-size.sql"]);
    });

    it("leave nothing behind when one of them fails", async () => {
      await file("003.do.fail.sql", "create table half (id text); select nonsense;");
      await assert.rejects(migrate({ postgres: connect(service), directory, logger }), PostgresError);
      assert.equal((await connect(service).query("select 1 from pg_tables where schemaname = $1", [service.user])).count, 0);
    });

    it("are refused, with all reasons, when they are named wrongly, doubled or missing", async () => {
      await file("create.sql", "select 1");
      await file("002.do.again.sql", "select 1");
      await file("004.do.later.sql", "select 1");
      const found = await faults();
      assert.equal(found.length, 3, found.join("\n"));
      assert.match(found.join("\n"), /'create.sql' must be named like[^]*version 2 is there more than once[^]*version 3 is missing/);
      await rm(directory, { recursive: true });
      await mkdir(directory);
      assert.match((await faults()).join(), /holds no migration/);
    });

    it("are refused, with all reasons, when they do not fit what was applied", async () => {
      await file("003.do.third.sql", "select 1");
      await file("004.do.fourth.sql", "select 1");
      await migrate({ postgres: connect(service), directory, logger });
      await file("001.do.create-thing.sql", "create table thing (id int);");
      await rename(join(directory, "004.do.fourth.sql"), join(directory, "..", `gone-${count}`));
      const found = await faults();
      assert.equal(found.length, 2, found.join("\n"));
      assert.match(found.join("\n"), /'001.do.create-thing.sql' was changed after[^]*the database is at version 4 \(fourth\) and this code knows 3/);
      await rm(join(directory, "..", `gone-${count}`));
    });
  });
});
