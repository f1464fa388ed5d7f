import assert from "node:assert/strict";
import { silentLogger } from "../../kit/test/support/context";
import { contract } from "../contract";
import { SWEEP_BATCH } from "../limits";
import { Sweeper } from "../src/sweeper";
import { startDatabase } from "./support/database";
import type { Database } from "./support/database";

describe("retention of the monitoring service, on a real PostgreSQL", function () {
  this.timeout(40_000);
  let database: Database;
  const { signal } = new AbortController();

  before(async function () {
    const started = await startDatabase();
    if (started === undefined) this.skip();
    database = started;
  });
  after(() => database?.stop());
  beforeEach(() => database.clear());

  const sweep = (retention: object): Promise<void> => new Sweeper({ postgres: database.postgres, logger: silentLogger(contract), retention }).sweep(signal);
  const left = async (table: string): Promise<number[]> => {
    const { rows } = await database.postgres.query<{ n: string }>(`select ${table === "span" ? "started_ns" : "sequence"} as n from ${table} order by 1`);
    return rows.map(({ n }) => Number(n));
  };

  it("removes spans that are too old or too many, the oldest first", async () => {
    await database.postgres.query(
      `insert into span select 't', n::text, null, 's', 'n', 0, n, 1, false, '{}', clock_timestamp() - make_interval(mins => 10 - n) from generate_series(1, 6) as n`,
    );
    await sweep({ spanAgeS: 8.5 * 60 });
    assert.deepEqual(await left("span"), [2, 3, 4, 5, 6]);
    await sweep({ spans: 2 });
    assert.deepEqual(await left("span"), [5, 6]);
  });

  it("removes more than fits one statement", async () => {
    await database.postgres.query(`insert into span select 't', n::text, null, 's', 'n', 0, n, 1, false, '{}' from generate_series(1, ${SWEEP_BATCH + 50}) as n`);
    await sweep({ spans: 10 });
    assert.equal((await left("span")).length, 10);
  });

  it("removes old events, and agents that were removed long ago", async () => {
    await database.postgres.query(
      `insert into event (source, id, type, agent_id, agent_type, state, sequence, occurred_at, recorded_at)
       select 's', n::text, 't', gen_random_uuid(), 'coder', 'ready', n, now(), clock_timestamp() - make_interval(days => 4 - n) from generate_series(1, 3) as n`,
    );
    await database.postgres.query(
      `insert into agent (id, type, capabilities, state, region, sequence, updated_at, deleted_at)
       select gen_random_uuid(), 'coder', '{}', 'ready', 'test', n, now(), case when n = 3 then null else clock_timestamp() - make_interval(days => 4 - n) end from generate_series(1, 3) as n`,
    );
    await sweep({ eventAgeS: 2.5 * 86_400 });
    assert.deepEqual([await left("event"), await left("agent")], [[2, 3], [2, 3]]);
  });

  it("leaves it to the replica that is at it", async () => {
    await database.postgres.query("insert into span select 't', n::text, null, 's', 'n', 0, n, 1, false, '{}' from generate_series(1, 3) as n");
    await database.postgres.transaction(async ({ query }) => {
      await query("select pg_advisory_xact_lock(hashtextextended('sweep of monitoring', 0))");
      await sweep({ spans: 1 });
    });
    assert.equal((await left("span")).length, 3);
    await sweep({ spans: 1 });
    assert.equal((await left("span")).length, 1);
  });
});
