import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Registered } from "../support/mocks";
import { runStack, stackFile } from "../support/stack-program";

/** Every resource of a region, `type name`, without the stack's own. */
const RESOURCES = [
  "agentic-flow:autoscaling:HorizontalAutoscaler agent",
  "agentic-flow:autoscaling:HorizontalAutoscaler edge",
  "agentic-flow:cluster:KubeconfigCluster region",
  "agentic-flow:edge:Edge edge",
  "agentic-flow:etcd:CertificateAuthority etcd-client-ca",
  "agentic-flow:etcd:CertificateAuthority etcd-peer-ca",
  "agentic-flow:etcd:EtcdCluster etcd",
  "agentic-flow:namespace:PlatformNamespace platform",
  "agentic-flow:observability:Observability observability",
  "agentic-flow:observability:OtelCollector otel-collector",
  "agentic-flow:observability:Prometheus prometheus",
  "agentic-flow:workload:ServiceWorkload agent",
  "agentic-flow:workload:ServiceWorkload edge",
  "agentic-flow:workload:ServiceWorkload etcd",
  "agentic-flow:workload:ServiceWorkload otel-collector",
  "agentic-flow:workload:ServiceWorkload prometheus",
  "kubernetes:apps/v1:Deployment agent",
  "kubernetes:apps/v1:Deployment edge",
  "kubernetes:apps/v1:Deployment otel-collector",
  "kubernetes:apps/v1:StatefulSet etcd",
  "kubernetes:apps/v1:StatefulSet prometheus",
  "kubernetes:autoscaling/v2:HorizontalPodAutoscaler agent",
  "kubernetes:autoscaling/v2:HorizontalPodAutoscaler edge",
  "kubernetes:core/v1:ConfigMap edge",
  "kubernetes:core/v1:ConfigMap observability-dashboards",
  "kubernetes:core/v1:ConfigMap otel-collector",
  "kubernetes:core/v1:ConfigMap prometheus",
  "kubernetes:core/v1:LimitRange platform-limits",
  "kubernetes:core/v1:Namespace platform",
  "kubernetes:core/v1:ResourceQuota platform-quota",
  "kubernetes:core/v1:Secret etcd-client-agent",
  "kubernetes:core/v1:Secret etcd-peer",
  "kubernetes:core/v1:Secret etcd-server",
  "kubernetes:core/v1:Service agent",
  "kubernetes:core/v1:Service agent-pods",
  "kubernetes:core/v1:Service edge",
  "kubernetes:core/v1:Service edge-pods",
  "kubernetes:core/v1:Service etcd",
  "kubernetes:core/v1:Service etcd-pods",
  "kubernetes:core/v1:Service otel-collector",
  "kubernetes:core/v1:Service otel-collector-pods",
  "kubernetes:core/v1:Service prometheus",
  "kubernetes:core/v1:Service prometheus-pods",
  "kubernetes:core/v1:ServiceAccount agent",
  "kubernetes:core/v1:ServiceAccount edge",
  "kubernetes:core/v1:ServiceAccount etcd",
  "kubernetes:core/v1:ServiceAccount otel-collector",
  "kubernetes:core/v1:ServiceAccount prometheus",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy agent",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy edge",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy etcd",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy otel-collector",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy platform-allow-dns",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy platform-default-deny",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy prometheus",
  "kubernetes:policy/v1:PodDisruptionBudget agent",
  "kubernetes:policy/v1:PodDisruptionBudget edge",
  "kubernetes:policy/v1:PodDisruptionBudget etcd",
  "kubernetes:policy/v1:PodDisruptionBudget otel-collector",
  "kubernetes:policy/v1:PodDisruptionBudget prometheus",
  "pulumi:providers:kubernetes region",
  "pulumi:providers:tls etcd",
  "tls:index/certRequest:CertRequest etcd-client-agent",
  "tls:index/certRequest:CertRequest etcd-peer",
  "tls:index/certRequest:CertRequest etcd-server",
  "tls:index/locallySignedCert:LocallySignedCert etcd-client-agent",
  "tls:index/locallySignedCert:LocallySignedCert etcd-peer",
  "tls:index/locallySignedCert:LocallySignedCert etcd-server",
  "tls:index/privateKey:PrivateKey etcd-client-agent",
  "tls:index/privateKey:PrivateKey etcd-client-ca",
  "tls:index/privateKey:PrivateKey etcd-peer",
  "tls:index/privateKey:PrivateKey etcd-peer-ca",
  "tls:index/privateKey:PrivateKey etcd-server",
  "tls:index/selfSignedCert:SelfSignedCert etcd-client-ca",
  "tls:index/selfSignedCert:SelfSignedCert etcd-peer-ca",
];

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
    const run = () => runStack(stack, RESOURCES.length);

    it("plans exactly these resources", async () => {
      const { mocks } = await run();
      assert.deepEqual(mocks.list(), RESOURCES);
    });

    it("has the sizes of its stack file, and the production ones where that is silent", async () => {
      const { mocks } = await run();
      for (const name of ["agent", "edge"] as const) {
        const { minReplicas, maxReplicas } = specOf(mocks.only("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", name));
        assert.deepEqual([minReplicas, maxReplicas], sizes[name], name);
      }
      assert.equal(specOf(mocks.only("kubernetes:apps/v1:StatefulSet", "etcd"))["replicas"], sizes.etcd);
    });

    it("gives every resource an explicit provider of its own kind", async () => {
      const { mocks } = await run();
      for (const { type, name, provider, custom } of mocks.registered) {
        if (!custom || type.startsWith("pulumi:providers:")) continue;
        assert.match(provider ?? "none", new RegExp(`[:$]pulumi:providers:${type.split(":")[0] ?? ""}::`), `${type} ${name}`);
      }
    });

    it("guards every workload: a budget that allows an eviction, a network policy, and one owner of its replicas", async () => {
      const { mocks } = await run();
      const workloads = mocks.registered.filter((resource) => WORKLOADS.includes(resource.type));
      assert.equal(workloads.length, 5);
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

    it("puts no secret into an input that is not marked secret", async () => {
      const { mocks } = await run();
      let marked = 0;
      for (const { type, name, inputs, secrets } of mocks.registered) {
        for (const [property, value] of Object.entries(inputs)) {
          // The mocks' private keys say what they are.
          if (!/(^|[^\w])key of /.test(JSON.stringify(value))) continue;
          assert.ok(secrets.includes(property), `'${property}' of ${type} ${name} holds a private key in the open`);
          marked += 1;
        }
      }
      // Three Secrets, two authorities, three requests, and three certificates that an authority's key signs.
      assert.equal(marked, 11);
    });

    it("labels everything with its region, and puts everything into the one namespace", async () => {
      const { mocks } = await run();
      const objects = mocks.registered.filter((resource) => resource.type.startsWith("kubernetes:"));
      for (const { type, name, inputs } of objects) {
        const metadata = inputs["metadata"] as { namespace?: string; labels: Record<string, string> };
        assert.equal(metadata.labels["agentic-flow.io/region"], stack, `${type} ${name}`);
        assert.equal(metadata.namespace, type.endsWith(":Namespace") ? undefined : "agentic-flow", `${type} ${name}`);
      }
    });

    it("tells the agent service where it is and how to reach etcd", async () => {
      const { mocks } = await run();
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

    it("exports its services, namespace and entry address", async () => {
      const { outputs } = await run();
      assert.deepEqual(Object.keys(outputs).sort(), ["entryAddress", "namespace", "regionName", "services"]);
      assert.deepEqual([outputs["regionName"], outputs["services"], outputs["namespace"]], [stack, ["agent"], "agentic-flow"]);
    });

    it("does not let its file enable default providers again", () => assert.equal(stackFile(stack)["pulumi:disable-default-providers"], undefined));
  });
}
