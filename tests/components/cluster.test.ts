import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { regionalCluster } from "../../components/cluster";
import { FaultsError, findRegion } from "../../config";
import { register, valueOf } from "../support/mocks";
import { region } from "../support/surroundings";

describe("regionalCluster", () => {
  it("gives the provider the kubeconfig's path, and an identity that a moved kubeconfig does not change", async () => {
    const { mocks, result } = await register(2, () =>
      regionalCluster("region", { region: region("local"), kubeconfigPath: "/somewhere/kubeconfig", storageClass: "fast" }),
    );
    assert.deepEqual(mocks.only("pulumi:providers:kubernetes", "region").inputs, {
      kubeconfig: "/somewhere/kubeconfig",
      clusterIdentifier: "agentic-flow/local",
      // The engine takes provider inputs as JSON text.
      enableServerSideApply: "true",
      kubeClientSettings: JSON.stringify({ qps: 50, burst: 100, timeout: 30 }),
    });
    assert.equal(result.storageClass, "fast");
    assert.deepEqual(result.workloadIdentity.serviceAccountAnnotations("agent"), {});
    assert.deepEqual(result.capacity.general, { nodeSelector: {}, tolerations: [] });
    assert.deepEqual(await valueOf(result.egressAddresses), []);
  });

  it("says once and clearly that there is no cluster, and how to get one", async () => {
    for (const [name, way] of [
      ["local", "npm run up"],
      ["us-east-1", "does not create EKS clusters"],
      ["europe-west3", "does not create GKE clusters"],
    ] as const) {
      await register(0, () =>
        assert.throws(
          () => regionalCluster("region", { region: findRegion(name) ?? region("local"), kubeconfigPath: undefined, storageClass: undefined }),
          (error) => error instanceof FaultsError && error.faults.length === 1 && error.message.includes(way) && error.message.includes(name),
        ),
      );
    }
  });
});
