import assert from "node:assert/strict";
import { StoreError } from "../../kit/src";
import { silentLogger } from "../../kit/test/support/context";
import { EXECUTION_RETENTION_DAYS, MAX_UNFINISHED, RESUBMIT_AFTER_S } from "../limits";
import { WORKFLOWS, contract } from "../contract";
import type { Execution } from "../src/execution";
import { ExecutionRepository } from "../src/execution-repository";
import type { Orchestrator } from "../src/orchestrator";
import { Submitter } from "../src/submitter";
import { startRig } from "./support/rig";
import type { Rig } from "./support/rig";

const SLOW_TEST_MS = 60_000;

describe("submitter, on a real PostgreSQL", function () {
  this.timeout(SLOW_TEST_MS);
  let rig: Rig;
  let workflow: string;
  const { signal } = new AbortController();

  before(async function () {
    const started = await startRig();
    if (started === undefined) this.skip();
    rig = started;
    workflow = await rig.api.define([{ name: "wait", kind: "waitForSignal", signal: "go", timeoutSeconds: 3_600 }]);
  });
  after(() => rig?.stop());
  afterEach(() => rig?.store.query("delete from execution"));

  /** Executions that the service's own submitter leaves alone, or does not. @param submitted, @param finished SQL */
  const insert = async (count: number, submitted: string, finished = "null"): Promise<string[]> => {
    const { rows } = await rig.store.query<{ id: string }>(
      `insert into execution (workflow_id, input, fingerprint, carrier, submitted_at, finished_at, progress)
       select $1, '{}', '', '{}', ${submitted}, ${finished}, case when ${finished} is null then null else '{"state":"completed","steps":[]}'::jsonb end
       from generate_series(1, $2::int) returning id`,
      [workflow, count],
    );
    return rows.map(({ id }) => id);
  };

  const submitterOf = (started: string[]): Submitter => {
    const start = ({ id }: { readonly id: string }): Promise<unknown> => Promise.resolve(started.push(id));
    return new Submitter({ repository: new ExecutionRepository(rig.store), orchestrator: { start } as unknown as Orchestrator, logger: silentLogger(contract) });
  };

  it("hands over again what should be finished and is not, once in a while", async () => {
    const [old = ""] = await insert(1, `now() - interval '${RESUBMIT_AFTER_S + 1} s'`);
    await insert(1, "now()");
    await insert(1, "now() - interval '1 d'", "now()");
    const started: string[] = [];
    await submitterOf(started).round(signal);
    // The service's own submitter may have been faster; then it is not due any more.
    const { rows } = await rig.store.query("select 1 from execution where finished_at is null and submitted_at > now() - interval '10 s' and id = $1", [old]);
    assert.equal(rows.length, 1);
    assert.deepEqual(started.filter((id) => id !== old), []);
    assert.equal(await submitterOf(started).round(signal), 0);
  });

  it("deletes what ended long ago, and nothing else", async () => {
    await insert(2, "now()", `now() - interval '${EXECUTION_RETENTION_DAYS + 1} d'`);
    const kept = [...(await insert(1, "now()", `now() - interval '${EXECUTION_RETENTION_DAYS - 1} d'`)), ...(await insert(1, "now()"))];
    await submitterOf([]).round(signal);
    assert.deepEqual((await ids()).sort(), kept.sort());
  });

  it("takes no more executions than may be unfinished", async () => {
    await insert(MAX_UNFINISHED, "now()");
    const { status, body, headers } = await rig.api.send("POST", `${WORKFLOWS}/${workflow}/execute`, {});
    assert.deepEqual([status, body.code, headers.get("retry-after")], [429, "too-many-executions", "5"]);
  });

  async function ids(): Promise<string[]> {
    return (await rig.store.query<{ id: string }>("select id from execution")).rows.map(({ id }) => id);
  }
});

describe("submitter", () => {
  it("goes on after a failure, and counts as handed over only what was", async () => {
    const log: string[] = [];
    const stop = new AbortController();
    const execution = { id: "e" } as Execution;
    const repository = {
      overdue: () => Promise.resolve([execution]),
      submitted: (id: string) => {
        log.push(`submitted ${id}`);
        stop.abort();
        return Promise.resolve();
      },
      deleteOld: () => Promise.resolve(0),
    } as unknown as ExecutionRepository;
    const start = (): Promise<void> => {
      log.push("start");
      return log.length === 1 ? Promise.reject(new StoreError("unavailable", "down")) : Promise.resolve();
    };
    await new Submitter({ repository, orchestrator: { start } as unknown as Orchestrator, logger: silentLogger(contract), everyMs: 1 }).run(stop.signal);
    assert.deepEqual(log, ["start", "start", "submitted e"]);
  });
});
