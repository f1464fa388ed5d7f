import assert from "node:assert/strict";
import { capturingLogger } from "../../kit/test/support/capturing-logger";
import { quietTelemetry } from "../../kit/test/support/context";
import { PostgresError } from "../../kit/src/postgres";
import type { Postgres } from "../../kit/src/postgres";
import type { Telemetry } from "../../kit/src";
import { contract } from "../contract";
import { LEDGER_ATTEMPTS } from "../limits";
import { Ledger, monthOf } from "../src/ledger";
import type { Entry } from "../src/ledger";
import { costNanoUsd } from "../src/money";
import { startRig } from "./support/rig";
import type { Gateway, Rig } from "./support/rig";

const entry: Entry = {
  id: "01a20f32-3039-4fb0-abe3-f8c9686ac054", at: new Date("2026-12-31T23:59:59Z"), tenant: "t", provider: "p", model: "m", streamed: false, outcome: "ok",
  usage: { promptTokens: 1, completionTokens: 2, estimated: false }, costNanoUsd: 7, latencyMs: 3,
};

describe("ledger", function () {
  this.timeout(60_000);
  const { logger } = capturingLogger();
  let telemetry: Telemetry;
  before(() => (telemetry = quietTelemetry(contract, logger)));
  after(() => telemetry.shutdown());

  /** Fails so many times, then not. */
  function failing(times: number, error: PostgresError): { readonly ledger: Ledger; readonly ids: unknown[] } {
    const ids: unknown[] = [];
    const query = (_text: string, values: readonly unknown[]): Promise<unknown> => {
      ids.push(values[0]);
      return ids.length <= times ? Promise.reject(error) : Promise.resolve({ rows: [], count: 1 });
    };
    return { ledger: new Ledger({ postgres: { query } as unknown as Postgres, telemetry, logger }), ids };
  }

  it("tries again what may help, under the same id, and not what does not", async () => {
    const lost = failing(LEDGER_ATTEMPTS - 1, new PostgresError("unavailable", "gone", { applied: "unknown" }));
    await lost.ledger.record(entry);
    assert.deepEqual(lost.ids, Array.from({ length: LEDGER_ATTEMPTS }, () => entry.id));
    const gone = failing(LEDGER_ATTEMPTS, new PostgresError("unavailable", "gone"));
    await assert.rejects(gone.ledger.record(entry), PostgresError);
    const rejected = failing(LEDGER_ATTEMPTS, new PostgresError("rejected", "no such table"));
    await assert.rejects(rejected.ledger.record(entry), PostgresError);
    assert.equal(rejected.ids.length, 1);
  });

  it("waits for what is being written when it ends", async () => {
    const slow = failing(1, new PostgresError("unavailable", "gone"));
    let written = false;
    void slow.ledger.record(entry).then(() => (written = true));
    await slow.ledger.settle();
    assert.ok(written);
  });

  it("belongs to the month of UTC, and knows prices below a millionth of a dollar", () => {
    assert.equal(monthOf(new Date("2026-12-31T23:59:59Z")), "2026-12-01");
    const usage = { promptTokens: 3, completionTokens: 0, estimated: false };
    assert.equal(costNanoUsd(usage, { name: "m", inputPer1k: 0.00002, outputPer1k: 0 }), 60);
  });

  describe("on a real PostgreSQL", () => {
    let rig: Rig;
    let gateway: Gateway;
    before(async function () {
      const started = await startRig();
      if (started === undefined) this.skip();
      rig = started;
      gateway = await rig.gateway([]);
    });
    after(() => rig?.stop());

    it("counts a call once, however often it is written, and every call of many at once", async () => {
      const ledger = new Ledger({ postgres: gateway.postgres, telemetry, logger });
      await Promise.all([1, 2, 3].map(() => ledger.record(entry)));
      assert.equal(await ledger.spent("t", entry.at), 7);
      const others = Array.from({ length: 30 }, (_, index) => ({ ...entry, id: entry.id.replace(/..$/, String(index + 10)) }));
      await Promise.all(others.map((each) => ledger.record(each)));
      assert.equal(await ledger.spent("t", entry.at), 7 * 31);
      assert.equal(await ledger.spent("t", new Date("2027-01-01T00:00:00Z")), 0);
      assert.equal(await ledger.spent("other", entry.at), 0);
    });
  });
});
