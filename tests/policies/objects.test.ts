import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { clusterScopedKinds, isClusterScoped } from "../../policies/kit/cluster-scoped";
import { objectKind } from "../../policies/kit/objects";

describe("kinds of objects", () => {
  it("are read from a resource's type", () => {
    assert.deepEqual(objectKind("kubernetes:core/v1:Service"), { group: "core", kind: "Service" });
    assert.deepEqual(objectKind("kubernetes:apps/v1:DeploymentPatch"), { group: "apps", kind: "Deployment" });
    assert.deepEqual(objectKind("kubernetes:batch/v1:JobList"), { group: "batch", kind: "Job" });
    assert.deepEqual(objectKind("kubernetes:keda.sh/v1alpha1:ScaledObject"), { group: "keda.sh", kind: "ScaledObject" });
  });

  it("leave out components, releases and providers", () => {
    for (const type of [
      "kubernetes:yaml:ConfigFile",
      "kubernetes:yaml/v2:ConfigGroup",
      "kubernetes:helm.sh/v4:Chart",
      "kubernetes:helm.sh/v3:Release",
      "kubernetes:kustomize/v2:Directory",
      "pulumi:providers:kubernetes",
      "aws:ec2/vpc:Vpc",
    ]) {
      assert.equal(objectKind(type), undefined, type);
    }
  });

  it("that are in no namespace are all in the provider's SDK", () => {
    const folder = dirname(require.resolve("@pulumi/kubernetes/package.json"));
    const inputs = readFileSync(join(folder, "types/input.d.ts"), "utf8");
    const known = new Set([...inputs.matchAll(/\bkind\?: pulumi\.Input<"(\w+)">/g)].map(([, kind = ""]) => kind));
    assert.deepEqual(clusterScopedKinds.filter((kind) => !known.has(kind)), []);
    assert.deepEqual([...clusterScopedKinds].sort(), clusterScopedKinds);
  });

  it("of other makers are not taken for Kubernetes' own", () => {
    assert.equal(isClusterScoped({ group: "core", kind: "Node" }), true);
    assert.equal(isClusterScoped({ group: "rbac.authorization.k8s.io", kind: "ClusterRole" }), true);
    assert.equal(isClusterScoped({ group: "mesh.example", kind: "Node" }), false);
    assert.equal(isClusterScoped({ group: "core", kind: "Service" }), false);
  });
});
