import assert from "node:assert/strict";
import { join } from "node:path";
import { LogShipper } from "../../components/observability/logs";
import { rules } from "../../policies/baseline/rules";
import { isClusterScoped } from "../../policies/kit/cluster-scoped";
import { objectKind } from "../../policies/kit/objects";
import { readPackConfig } from "../../policies/kit/pack-config";
import { startsPods } from "../../policies/kit/pod-templates";
import { runPack } from "../../policies/kit/run-pack";
import { register } from "../support/mocks";
import { runStack } from "../support/stack-program";
import { IMAGE, someCluster } from "../support/surroundings";
import { asShown } from "./support/shown";

// The program grows, and tests/stacks has its resources by name: here what is judged is compared with what was registered.
// The floors keep the comparison from holding over nothing: the agent service, its etcd and the edge are never fewer.
const RESOURCES_MIN = 55;
const WORKLOADS_MIN = 3;

const config = readPackConfig(join(__dirname, "../../policies/baseline/config.json"), rules);

for (const stack of ["local", "us-east-1", "eu-west-1"]) {
  describe(`the pack on stack ${stack}`, () => {
    it("judges every resource of the program and refuses none", async () => {
      const { mocks } = await runStack(stack);
      const resources = asShown(mocks.registered);
      assert.equal(resources.length, mocks.registered.length);
      assert.ok(resources.length >= RESOURCES_MIN, `${resources.length} resources`);
      const { violations, notJudged, applied } = await runPack(rules, resources, config);
      assert.deepEqual(violations, []);
      assert.deepEqual(notJudged, []);

      const kinds = resources.map(({ type }) => objectKind(type)).filter((kind) => kind !== undefined);
      const workloads = kinds.filter(startsPods).length;
      const accounts = kinds.filter(({ kind }) => kind === "ServiceAccount").length;
      const ending = kinds.filter(({ kind }) => kind === "Job" || kind === "CronJob").length;
      assert.ok(workloads >= WORKLOADS_MIN, `${workloads} workloads`);
      assert.deepEqual(Object.fromEntries(applied), {
        "forbid-default-namespace": kinds.filter((kind) => !isClusterScoped(kind)).length,
        "forbid-floating-images": workloads,
        "forbid-host-access": workloads,
        "forbid-privileged-containers": workloads,
        "forbid-unused-token": workloads + accounts,
        "require-labels": kinds.length,
        "require-limits-and-requests": workloads,
        "require-probes": workloads - ending,
      });
    });
  });
}

describe("the pack on a program with a part taken away", () => {
  it("reports it by the rule that joins it", async () => {
    const { mocks } = await runStack("local");
    const resources = asShown(mocks.registered);
    const without = (kind: string) => resources.filter(({ type }) => objectKind(type)?.kind !== kind);
    const reportedBy = async (remaining: typeof resources): Promise<string[]> =>
      (await runPack(rules, remaining, config)).violations.map(({ rule }) => rule);
    const times = (count: number, rule: string): string[] => Array<string>(count).fill(rule);

    const stateful = resources.length - without("StatefulSet").length;
    assert.ok(stateful >= 1);
    assert.deepEqual(await reportedBy(without("PodDisruptionBudget")), times(stateful, "require-data-safety"));
    const workloads = resources.filter(({ type }) => startsPods(objectKind(type) ?? { group: "", kind: "" })).length;
    // No policy of its own, open to the inside, open to the outside.
    assert.deepEqual(await reportedBy(without("NetworkPolicy")), times(3 * workloads, "require-network-policy"));
    const scaled = resources.filter(({ type }) => objectKind(type)?.kind === "HorizontalPodAutoscaler");
    const twins = scaled.map((scaler) => ({ ...scaler, name: `${scaler.name}-twin` }));
    assert.ok(scaled.length >= 2);
    assert.deepEqual(await reportedBy([...resources, ...twins]), times(scaled.length, "forbid-second-autoscaler"));
  });
});

describe("the pack on the log shipper, which no stack of ours turns on", () => {
  const ship = () =>
    register(undefined, () =>
      new LogShipper("log-shipper", {
        cluster: someCluster("us-east-1"),
        image: IMAGE,
        namespaces: ["agentic-flow"],
        exportUrl: "https://logs.example",
        resources: { cpuRequest: "50m", memoryRequest: "64Mi", memoryLimit: "128Mi" },
      }), "us-east-1");

  it("lets it read its node's logs as root, because the configuration says so, and nothing else", async () => {
    const resources = asShown((await ship()).mocks.registered);
    const { violations, notJudged } = await runPack(rules, resources, config);
    assert.deepEqual(violations, []);
    assert.deepEqual(notJudged, []);
    const unlisted = await runPack(rules, resources);
    assert.deepEqual(unlisted.violations.map(({ rule }) => rule).sort(), [
      "forbid-host-access",
      "forbid-privileged-containers",
      "forbid-privileged-containers",
    ]);
  });
});
