import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import { findRegion } from "../../region";
import { cli, eventually, killGroup, requireExit, startCli } from "../support/cli";
import { leftBehind, snapshotMachine } from "../support/machine";
import type { MachineSnapshot } from "../support/machine";
import { agents } from "./story/agents";
import { backup } from "./story/backup";
import { path } from "./story/path";
import { platform } from "./story/platform";
import { readmes } from "./story/readmes";
import { RegionUnderTest, requireQuietMachine } from "./support/region-under-test";

const TIMEOUT_MS = 600_000;

/** The user story of a region, on real containers. Needs root on Linux. */
describe("a region on this machine", function () {
  this.timeout(TIMEOUT_MS);
  const region = new RegionUnderTest("region-test");

  before(() => region.standUp());
  after(() => region.takeDown());

  platform(region);
  path(region);
  agents(region);
  readmes(region);
  backup(region);

  it("runs beside a second region", async () => {
    const second = "region-second";
    try {
      requireExit(await cli(["up", "--name", second]));
      const { stdout } = requireExit(await cli(["status", "--name", second]));
      const other = /entry\s+(http:\/\/\S+)/.exec(stdout)?.[1];
      assert.notEqual(other, region.entry);
      assert.equal((await fetch(`${other}/api/v1/agents?limit=1`)).status, 200);
      await region.json("GET", "/api/v1/agents?limit=1", 200);
    } finally {
      requireExit(await cli(["down", "--name", second]));
    }
  });
});

/** On a machine without any region, so that all that is found afterwards was left behind. */
describe("a killed up", function () {
  this.timeout(TIMEOUT_MS);
  const killed = "region-killed";
  let machine: MachineSnapshot;

  before(() => {
    requireQuietMachine();
    machine = snapshotMachine();
  });

  for (const afterwards of ["up", "down"] as const) {
    it(`is followed by ${afterwards}, and nothing is left after down`, async () => {
      const started = startCli(["up", "--name", killed]);
      await eventually("a control plane", 120_000, async () => ((await findRegion(killed)) === undefined ? undefined : true));
      killGroup(started.process);
      await started.result;
      if (afterwards === "up") {
        requireExit(await cli(["up", "--name", killed]));
        requireExit(await cli(["status", "--name", killed]));
      }
      requireExit(await cli(["down", "--name", killed]));
      assert.deepEqual(leftBehind(machine, snapshotMachine()), []);
    });
  }
});
