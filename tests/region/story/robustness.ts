import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { it } from "mocha";
import { eventually, requireExit } from "../../support/cli";
import type { RegionUnderTest } from "../support/region-under-test";
import { SmallVolume } from "./robustness/full-volume";
import { killTable, killUnderLoad, untilWell } from "./robustness/kills";
import type { Kill } from "./robustness/kills";
import { Load } from "./robustness/load";
import { exhaustMemory } from "./robustness/out-of-memory";
import type { Stream } from "./robustness/stream";
import { mixedStreams } from "./robustness/streams";
import { restarts, workloadsOf } from "./robustness/workloads";

/** The least that a stream has to have acknowledged in a test for its check to say something. */
const ENOUGH = 10;
/** Fifteen victims; each takes ten seconds on a machine that is free, and up to a minute on one that is not. */
const KILLS_TIMEOUT_MS = 1_500_000;
/** Until a store with a full disk has run into it: what it writes is more than its room within that time. */
const FULL_WITHIN_MS = 60_000;
/** Bytes of each item that is written into the full disk; random, because PostgreSQL compresses what it can. */
const FILLER_BYTES = 8_000;
/** Which streams stand on PostgreSQL, or on a service that does. */
const ON_POSTGRES = ["memory", "models", "workflows", "providers", "overview"];

/** Runs `work` under the mixed load; afterwards everything that was acknowledged has to be there, and nothing has ended that was left alone. */
async function underLoad(region: RegionUnderTest, work: (load: Load) => Promise<void>): Promise<void> {
  const streams: readonly Stream[] = await mixedStreams(region);
  const load = new Load(streams);
  try {
    await untilWell(load, "its beginning");
    await work(load);
  } finally {
    await load.stop();
  }
  for (const stream of streams) {
    assert.ok(stream.acknowledged() >= ENOUGH, `${stream.name}: only ${stream.acknowledged()} requests were acknowledged`);
    assert.deepEqual(await stream.lost(), [], `${stream.name}: acknowledged, and not there`);
  }
  console.log(`      acknowledged, and all there: ${streams.map((stream) => `${stream.name} ${stream.acknowledged()}`).join(", ")}`);
}

function assertOnly(load: Load, since: number, allowed: readonly string[]): void {
  const others = [...load.during(since).streams.keys()].filter((name) => !allowed.includes(name));
  assert.deepEqual(others, [], load.errorsSince(since).join("\n"));
}

/** What a region stands: everything in it is killed, one after the other, fills up and runs out of memory, while it is used. */
export function robustness(region: RegionUnderTest): void {
  it("loses nothing that it acknowledged, whatever is killed, and is back by itself", async function () {
    this.timeout(KILLS_TIMEOUT_MS);
    const before = await restarts(region);
    const kills: Kill[] = [];
    await underLoad(region, async (load) => {
      try {
        for (const victim of await workloadsOf(region)) kills.push(await killUnderLoad(region, load, victim));
      } finally {
        for (const line of killTable(kills)) console.log(`      ${line}`);
      }
    });
    assert.deepEqual((await restarts(region)).filter((pod) => !before.includes(pod)), [], "a container ended that nobody killed");
  });

  it("goes on where it can while a service runs out of memory, which is started again", async () => {
    const victim = "neural";
    await underLoad(region, async (load) => {
      const since = Date.now();
      assert.equal(await exhaustMemory(region, victim), "OOMKilled 137");
      await region.untilReady(victim);
      await untilWell(load, `the end of ${victim}`);
      assertOnly(load, since, ["models"]);
    });
  });

  it("goes on where it can while PostgreSQL's disk is full, and takes writes again when there is room", async () => {
    const volume = await SmallVolume.give(region, "postgres");
    const write = (n: number): Promise<Response> => region.send("PUT", `/api/v1/memory/full-disk/items/item-${n}`, { value: { text: randomBytes(FILLER_BYTES).toString("base64") } });
    try {
      await underLoad(region, async (load) => {
        const since = Date.now();
        await volume.fill();
        let written = 0;
        const refused = await eventually("a refused write", FULL_WITHIN_MS, async () => {
          const response = await write((written += 1));
          return response.status >= 500 ? response : undefined;
        });
        assert.match(refused.headers.get("content-type") ?? "", /application\/problem\+json/);
        const { stdout } = requireExit(await region.command("kubectl", "logs", "-n", "agentic-flow", "postgres-0", "--tail=200"));
        assert.match(stdout, /No space left on device/, "the store does not say what is wrong");
        assertOnly(load, since, ON_POSTGRES);
        console.log(`      PostgreSQL refused after ${written} more items: ${await refused.text()}`);
        await volume.free();
        await untilWell(load, "there was room again");
      });
    } finally {
      await volume.free();
      await volume.takeBack();
    }
    await region.json("GET", "/api/v1/memory/full-disk/items/item-1", 200);
  });
}
