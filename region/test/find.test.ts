import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Layout, regionDirectory } from "../directory";
import { findRegion, inspectRegion, listRegions, regionNames } from "../find";
import { identify } from "../process-identity";
import { checkSameKind, readRecord, writeRecord } from "../record";
import type { RegionRecord } from "../record";
import { stopRegion } from "../stop";
import { writeStatus } from "../supervisor/status";
import { withFolder } from "./support/region";

const self = identify(process.pid);
const ports = { api: 21000, etcd: 21001, etcdPeer: 21002, controllerManager: 21003, scheduler: 21004 };

/** Runs `work` with a cache of its own. */
function withCache<T>(work: (folder: string) => T | Promise<T>): Promise<T> {
  return withFolder(async (folder) => {
    const before = process.env["AGENTIC_FLOW_CACHE"];
    process.env["AGENTIC_FLOW_CACHE"] = folder;
    try {
      return await work(folder);
    } finally {
      if (before === undefined) delete process.env["AGENTIC_FLOW_CACHE"];
      else process.env["AGENTIC_FLOW_CACHE"] = before;
    }
  });
}

function write(name: string, record: Partial<RegionRecord>, phase?: "starting" | "ready"): Layout {
  const here = new Layout(regionDirectory(name));
  writeRecord(here, { version: 1, name, mode: "simulated", ports, ...record });
  if (phase !== undefined) writeStatus(here.status, { phase, step: "", stagesReady: [], failing: [] });
  return here;
}

describe("finding regions", () => {
  it("tells one that runs from one that starts, one that is dead and none", () => withCache(async () => {
    assert.deepEqual(inspectRegion("none"), { state: "absent" });
    const here = write("up", { main: self }, "ready");
    write("coming", { main: self }, "starting");
    write("killed", { main: { pid: process.pid, startTime: "1", bootId: self?.bootId ?? "" } }, "ready");
    mkdirSync(regionDirectory("half"), { recursive: true });
    assert.deepEqual(["up", "coming", "killed", "half"].map((name) => inspectRegion(name).state), ["running", "starting", "dead", "dead"]);
    assert.deepEqual(await findRegion("up"), { name: "up", mode: "simulated", kubeconfigPath: here.kubeconfig, entryAddress: "127.0.0.1", directory: here.root });
    assert.equal(await findRegion("killed"), undefined);
    assert.deepEqual((await listRegions()).map(({ name }) => name), ["up"]);
    assert.deepEqual(regionNames(), ["coming", "half", "killed", "up"]);
  }));

  it("gives a node's address as the entry", () => withCache(async () => {
    write("n", { mode: "node", ports: undefined, slot: 4, main: self }, "ready");
    assert.equal((await findRegion("n"))?.entryAddress, "10.213.4.2");
  }));

  it("takes a broken record for none", () => withCache(() => {
    const here = write("broken", {});
    writeFileSync(here.record, '{"version":1,"na');
    assert.equal(readRecord(here), undefined);
    assert.equal(inspectRegion("broken").state, "dead");
  }));

  it("knows no regions where there is no cache", () => withCache((folder) => {
    process.env["AGENTIC_FLOW_CACHE"] = join(folder, "absent");
    assert.deepEqual(regionNames(), []);
  }));
});

describe("a region that exists", () => {
  const record: RegionRecord = { version: 1, name: "a", mode: "simulated", ports };
  it("may be asked for again as it is", () => {
    checkSameKind(record, { mode: "simulated" });
    checkSameKind(record, { mode: "simulated", apiPort: 21000 });
  });
  it("changes neither its mode nor its port", () => {
    assert.throws(() => checkSameKind(record, { mode: "node" }), { code: "different-settings", message: /^mode is 'node': the region 'a' exists in mode 'simulated'; stop it first/ });
    assert.throws(() => checkSameKind(record, { mode: "simulated", apiPort: 6443 }), { code: "different-settings", message: /^apiPort is 6443: the region 'a' keeps its port 21000/ });
  });
});

describe("stopping", () => {
  it("what is not there is fine", () => withCache(async () => {
    assert.deepEqual(await stopRegion({ name: "none" }), { stopped: false, removed: [] });
  }));

  it("never touches a process that only has the number of a dead one", () => withCache(async () => {
    write("reused", { main: { pid: process.pid, startTime: "1", bootId: self?.bootId ?? "" } }, "ready");
    assert.deepEqual(await stopRegion({ name: "reused" }), { stopped: true, removed: ["data directory"] });
    assert.deepEqual(regionNames(), []);
  }));
});
