import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import type { RecordingMocks, Registered } from "../support/mocks";
import { services } from "../../services";
import { FIELD_MANAGER } from "../../components/cluster";
import { findRegion } from "../../config";
import { runStack, stackFile } from "../support/stack-program";
import { expectedResources } from "./expected-resources";

const WORKLOADS = ["kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet"];

interface Sizes {
  readonly agent: readonly [number, number];
  readonly edge: readonly [number, number];
  readonly etcd: number;
}

const STACKS: Readonly<Record<string, Sizes>> = {
  local: { agent: [2, 4], edge: [2, 4], etcd: 1 },
  "us-east-1": { agent: [6, 100], edge: [3, 20], etcd: 3 },
  "eu-west-1": { agent: [3, 50], edge: [3, 20], etcd: 3 },
};

function specOf(resource: Registered | undefined): Record<string, unknown> {
  return (resource?.inputs["spec"] ?? {}) as Record<string, unknown>;
}

for (const [stack, sizes] of Object.entries(STACKS)) {
  describe(`stack ${stack}`, () => {
    const expected = expectedResources(stack, services, findRegion(stack)?.cloud !== "local");
    let mocks: RecordingMocks;
    let outputs: Record<string, unknown>;

    // The program is run once: nothing below changes what it registered.
    before(async function () {
      this.timeout(60_000);
      ({ mocks, outputs } = await runStack(stack, expected.length));
    });

    it("plans exactly these resources", () => {
      assert.deepEqual(mocks.list(), expected);
    });

    it("has the sizes of its stack file, and the production ones where that is silent", () => {
      for (const name of ["agent", "edge"] as const) {
        const { minReplicas, maxReplicas } = specOf(mocks.only("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", name));
        assert.deepEqual([minReplicas, maxReplicas], sizes[name], name);
      }
      assert.equal(specOf(mocks.only("kubernetes:apps/v1:StatefulSet", "etcd"))["replicas"], sizes.etcd);
    });

    it("gives every resource an explicit provider of its own kind", () => {
      for (const { type, name, provider, custom } of mocks.registered) {
        if (!custom || type.startsWith("pulumi:providers:")) continue;
        assert.match(provider ?? "none", new RegExp(`[:$]pulumi:providers:${type.split(":")[0] ?? ""}::`), `${type} ${name}`);
      }
    });

    it("guards every workload: a budget that allows an eviction, a network policy, and one owner of its replicas", () => {
      const workloads = mocks.registered.filter((resource) => WORKLOADS.includes(resource.type));
      assert.equal(workloads.length, expected.filter((resource) => WORKLOADS.includes(resource.split(" ")[0] ?? "")).length);
      for (const workload of workloads) {
        const { name } = workload;
        const selector = specOf(workload)["selector"];
        assert.deepEqual(selector, { matchLabels: { "app.kubernetes.io/name": name } });
        const budget = specOf(mocks.only("kubernetes:policy/v1:PodDisruptionBudget", name));
        assert.deepEqual([budget["selector"], budget["maxUnavailable"], budget["minAvailable"]], [selector, 1, undefined]);
        assert.deepEqual(specOf(mocks.only("kubernetes:networking.k8s.io/v1:NetworkPolicy", name))["podSelector"], selector);
        const scalers = mocks
          .ofType("kubernetes:autoscaling/v2:HorizontalPodAutoscaler")
          .filter((scaler) => (specOf(scaler)["scaleTargetRef"] as { name: string }).name === name);
        assert.equal(scalers.length + ("replicas" in specOf(workload) ? 1 : 0), 1, `owners of the replicas of '${name}'`);
      }
    });

    it("puts no secret into an input that is not marked secret", () => {
      let marked = 0;
      for (const { type, name, inputs, secrets } of mocks.registered) {
        for (const [property, value] of Object.entries(inputs)) {
          // The mocks' private keys say what they are.
          if (!/(^|[^\w])key of /.test(JSON.stringify(value))) continue;
          assert.ok(secrets.includes(property), `'${property}' of ${type} ${name} holds a private key in the open`);
          marked += 1;
        }
      }
      // Each certificate's Secret and request, each authority, and each certificate that an authority's key signs.
      const count = (type: string): number => expected.filter((resource) => resource.startsWith(`${type} `)).length;
      const certificates = count("tls:index/locallySignedCert:LocallySignedCert");
      assert.equal(marked, 3 * certificates + count("tls:index/selfSignedCert:SelfSignedCert"));
    });

    it("labels everything with its region, and puts everything into the one namespace", () => {
      const objects = mocks.registered.filter(({ type }) => type.startsWith("kubernetes:") && !type.startsWith("kubernetes:helm.sh/"));
      for (const { type, name, inputs } of objects) {
        const metadata = inputs["metadata"] as { namespace?: string; labels: Record<string, string> };
        assert.equal(metadata.labels["agentic-flow.io/region"], stack, `${type} ${name}`);
        assert.equal(metadata.namespace, type.endsWith(":Namespace") ? undefined : "agentic-flow", `${type} ${name}`);
      }
    });

    it("gives every object the one field manager, beside what it was annotated with", () => {
      const objects = mocks.registered.filter(({ type }) => type.startsWith("kubernetes:") && !type.startsWith("kubernetes:helm.sh/"));
      for (const { type, name, inputs } of objects) {
        const { annotations } = inputs["metadata"] as { annotations: Record<string, string> };
        assert.equal(annotations["pulumi.com/patchFieldManager"], FIELD_MANAGER, `${type} ${name}`);
      }
      const pods = mocks.only("kubernetes:core/v1:Service", "agent-pods").inputs["metadata"] as { annotations: Record<string, string> };
      assert.equal(pods.annotations["pulumi.com/skipAwait"], "true");
    });

    it("tells the agent service where it is and how to reach etcd", () => {
      const template = specOf(mocks.only("kubernetes:apps/v1:Deployment", "agent"))["template"] as {
        spec: { containers: { env: { name: string; value: string }[] }[]; volumes: unknown };
      };
      const env = Object.fromEntries((template.spec.containers[0]?.env ?? []).map(({ name, value }) => [name, value]));
      assert.equal(env["REGION"], stack);
      assert.equal(env["LOG_LEVEL"], "info");
      assert.equal(env["ETCD_ENDPOINTS"]?.split(",").length, sizes.etcd);
      assert.equal(env["ETCD_KEY_FILE"], "/etc/agentic-flow/etcd/tls.key");
      assert.ok(JSON.stringify(template.spec.volumes).includes('"secretName":"etcd-client-agent-suffix"'));
    });

    it("exports its services, namespace and entry address", () => {
      assert.deepEqual(Object.keys(outputs).sort(), ["entryAddress", "namespace", "regionName", "services"]);
      assert.deepEqual([outputs["regionName"], outputs["services"], outputs["namespace"]], [stack, services.map(({ contract }) => contract.name), "agentic-flow"]);
    });

    it("does not let its file enable default providers again", () => assert.equal(stackFile(stack)["pulumi:disable-default-providers"], undefined));
  });
}
