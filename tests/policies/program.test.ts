import assert from "node:assert/strict";
import { rules } from "../../policies/baseline/rules";
import { objectKind } from "../../policies/kit/objects";
import { startsPods } from "../../policies/kit/pod-templates";
import { runPack } from "../../policies/kit/run-pack";
import { runStack } from "../support/stack-program";
import { asShown } from "./support/shown";

/** How many resources the program registers in every stack; `tests/stacks` has them by name. */
const RESOURCES = 55;
/** Those of them that start pods. */
const WORKLOADS = 3;

for (const stack of ["local", "us-east-1", "eu-west-1"]) {
  describe(`the pack on stack ${stack}`, () => {
    it("judges every resource of the program and refuses none", async () => {
      const { mocks } = await runStack(stack, RESOURCES);
      const resources = asShown(mocks.registered);
      assert.equal(resources.length, RESOURCES);
      const { violations, notJudged, applied } = await runPack(rules, resources);
      assert.deepEqual(violations, []);
      assert.deepEqual(notJudged, []);

      const kinds = resources.map(({ type }) => objectKind(type)).filter((kind) => kind !== undefined);
      const workloads = kinds.filter(startsPods).length;
      const accounts = kinds.filter(({ kind }) => kind === "ServiceAccount").length;
      const namespaces = kinds.filter(({ kind }) => kind === "Namespace").length;
      assert.equal(workloads, WORKLOADS);
      assert.deepEqual(Object.fromEntries(applied), {
        "forbid-default-namespace": kinds.length - namespaces,
        "forbid-floating-images": workloads,
        "forbid-host-access": workloads,
        "forbid-privileged-containers": workloads,
        "forbid-unused-token": workloads + accounts,
        "require-labels": kinds.length,
        "require-limits-and-requests": workloads,
        "require-probes": workloads,
      });
    });
  });
}

describe("the pack on a program with a part taken away", () => {
  it("reports it by the rule that joins it", async () => {
    const { mocks } = await runStack("local", RESOURCES);
    const resources = asShown(mocks.registered);
    const without = (kind: string) => resources.filter(({ type }) => objectKind(type)?.kind !== kind);
    const reportedBy = async (remaining: typeof resources): Promise<string[]> =>
      (await runPack(rules, remaining)).violations.map(({ rule }) => rule);

    assert.deepEqual(await reportedBy(without("PodDisruptionBudget")), ["require-data-safety"]);
    assert.deepEqual(new Set(await reportedBy(without("NetworkPolicy"))), new Set(["require-network-policy"]));
    const scaled = resources.filter(({ type }) => objectKind(type)?.kind === "HorizontalPodAutoscaler");
    const twins = scaled.map((scaler) => ({ ...scaler, name: `${scaler.name}-twin` }));
    assert.deepEqual(await reportedBy([...resources, ...twins]), scaled.map(() => "forbid-second-autoscaler"));
  });
});
