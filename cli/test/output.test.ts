import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { shortName } from "../engine";
import { renderError, UserError } from "../errors";
import { splitRegion } from "../kubectl";
import { requireNodeCommands, whySimulated } from "../prerequisites";
import type { Machine } from "../prerequisites";
import { formatDuration, Steps } from "../steps";
import { parseWorkloads, renderSummary } from "../summary";

const machine: Machine = { platform: "linux", architecture: "x64", isRoot: true, hasCommand: () => true };

describe("errors", () => {
  it("are one line for one problem and a list for several", () => {
    assert.equal(renderError(new UserError("no")), "error: no");
    assert.equal(renderError(new UserError(["no", "nor that"])), "error: 2 things are wrong:\n  - no\n  - nor that");
  });

  it("hide the stack unless it is asked for", () => {
    const error = new Error("broken");
    assert.equal(renderError(error), "error: broken");
    assert.match(renderError(error, true), /at .*output\.test/);
  });
});

describe("prerequisites of a node", () => {
  it("are all named at once, with the package of each", () => {
    const bare: Machine = { ...machine, hasCommand: (command) => command === "mount" };
    assert.throws(
      () => requireNodeCommands(bare),
      (error: unknown) => error instanceof UserError && error.problems.length === 4 && /'unshare'.*util-linux/.test(error.problems[0] ?? "") && /--simulate/.test(error.problems[3] ?? ""),
    );
    assert.doesNotThrow(() => requireNodeCommands(machine));
  });

  it("choose simulated nodes with a reason where there is no root or no Linux", () => {
    assert.equal(whySimulated(machine), undefined);
    assert.match(whySimulated({ ...machine, isRoot: false }) ?? "", /not root/);
    assert.match(whySimulated({ ...machine, platform: "darwin" }) ?? "", /need Linux/);
  });
});

describe("progress", () => {
  it("numbers its steps and tells what each cost", async () => {
    const lines: string[] = [];
    const steps = new Steps(2, (line) => lines.push(line));
    await steps.run("first", (say) => Promise.resolve(say("half way")), () => "well");
    await assert.rejects(steps.run("second", () => Promise.reject(new Error("no"))), /no/);
    assert.deepEqual(lines.map((line) => line.replace(/[\d.]+ s/, "T")), ["[1/2] first", "      half way", "[1/2] first: well (T)", "[2/2] second", "[2/2] second: failed after T"]);
  });

  it("gives durations as people say them", () => {
    assert.equal(formatDuration(1449), "1.4 s");
    assert.equal(formatDuration(125_900), "2 min 05 s");
  });
});

describe("summary", () => {
  const workloads = parseWorkloads(
    JSON.stringify({
      items: [
        { kind: "StatefulSet", metadata: { name: "etcd", namespace: "agentic-flow" }, spec: { replicas: 1 }, status: {} },
        { kind: "Deployment", metadata: { name: "agent", namespace: "agentic-flow" }, spec: { replicas: 2 }, status: { readyReplicas: 2 } },
        { kind: "Deployment", metadata: { name: "edge", namespace: "agentic-flow" }, spec: { replicas: 1 }, status: { readyReplicas: 1 } },
        { kind: "HorizontalPodAutoscaler", metadata: { name: "edge", namespace: "agentic-flow" }, spec: { minReplicas: 3, scaleTargetRef: { name: "edge" } } },
      ],
    }),
  );

  it("counts replicas that are ready, none when the server says nothing, and wants what an autoscaler wants at least", () => {
    assert.deepEqual(workloads.map(({ name, ready, desired }) => [name, ready, desired]), [["agent", 2, 2], ["edge", 1, 3], ["etcd", 0, 1]]);
  });

  it("shows services, the entry, a curl line and the time", () => {
    const lines = renderSummary({ region: "local", kind: "node", headline: "12 create", workloads, entryUrl: "http://10.213.0.2", notes: [], memoryBytes: 3.5 * 2 ** 30, elapsedMs: 61_000 });
    const text = lines.join("\n");
    assert.match(text, /Region local \(node\): 12 create/);
    assert.match(text, /agent\s+Deployment\s+2\/2/);
    assert.match(text, /etcd\s+StatefulSet\s+0\/1/);
    assert.match(text, /try\s+curl -sS http:\/\/10\.213\.0\.2\/api\/v1\/agents/);
    assert.match(text, /memory 3\.5 GiB/);
    assert.match(text, /took\s+1 min 01 s/);
  });

  it("gives no address where nothing answers", () => {
    const lines = renderSummary({ region: "local", kind: "simulated", headline: "up", workloads, entryUrl: undefined, notes: ["simulated"], memoryBytes: undefined, elapsedMs: undefined });
    assert.doesNotMatch(lines.join("\n"), /curl|entry /);
  });
});

describe("names", () => {
  it("shorten a URN to kind and name", () => {
    assert.equal(shortName("urn:pulumi:local::agentic-flow::agentic-flow:workload:ServiceWorkload$kubernetes:apps/v1:Deployment::agent"), "Deployment agent");
  });

  it("take a leading --name from kubectl's arguments and leave the rest alone", () => {
    assert.deepEqual(splitRegion(["get", "pods", "--name", "x"]), { region: "local", rest: ["get", "pods", "--name", "x"] });
    assert.deepEqual(splitRegion(["--name", "b", "get", "pods"]), { region: "b", rest: ["get", "pods"] });
    assert.throws(() => splitRegion(["--name"]), UserError);
  });
});
