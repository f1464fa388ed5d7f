import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { collectorSelector, Observability, scraperSelector } from "../../../components/observability";
import type { ObservabilityArgs } from "../../../components/observability";
import { FaultsError } from "../../../config";
import { register } from "../../support/mocks";
import type { RecordingMocks } from "../../support/mocks";
import { IMAGE, SURROUNDINGS, surroundings } from "../../support/surroundings";
import { PROMETHEUS, SERVICES, TELEMETRY } from "./sample";

type Own = Omit<ObservabilityArgs, "cluster" | "namespace">;

const ARGS: Own = {
  images: { prometheus: IMAGE, collector: IMAGE },
  prometheus: PROMETHEUS,
  telemetry: TELEMETRY,
  services: SERVICES,
  etcd: "etcd",
  edge: "edge",
  traceStore: { workload: "monitoring", port: 8080, path: "/otlp/v1/traces" },
  metricReaders: ["monitoring"],
};

/** The component, its ConfigMap of dashboards; Prometheus and the collector, each of component, ConfigMap and workload of 7. */
const COUNT = SURROUNDINGS + 2 + 2 * 9;
/** Component, Namespace, ServiceAccount, NetworkPolicy, ConfigMap, DaemonSet. */
const LOG_SHIPPER = 6;

const observability = (own: Partial<Own> = {}) => new Observability("observability", { ...surroundings(), ...ARGS, ...own });
const named = (name: string) => ({ podSelector: { matchLabels: { "app.kubernetes.io/name": name } } });
const tcp = (port: number) => [{ protocol: "TCP", port }];

interface Spec {
  readonly replicas: number;
  readonly ingress: unknown;
  readonly egress: unknown;
  readonly template: { readonly spec: Pod };
  readonly volumeClaimTemplates: readonly { readonly spec: { readonly resources: unknown } }[];
}

interface Pod {
  readonly containers: readonly [{ readonly args: readonly string[]; readonly env: readonly { readonly name: string; readonly value?: string }[]; readonly securityContext: unknown; readonly volumeMounts: unknown }];
  readonly volumes: unknown;
  readonly securityContext: unknown;
}

const specOf = (mocks: RecordingMocks, type: string, name: string) => mocks.only(`kubernetes:${type}`, name).inputs["spec"] as Spec;
const filesOf = (mocks: RecordingMocks, name: string) => mocks.only("kubernetes:core/v1:ConfigMap", name).inputs["data"] as Record<string, string>;

describe("Prometheus", () => {
  it("is a StatefulSet with its history on a volume, bounded by time, size and memory", async () => {
    const { mocks } = await register(COUNT, () => observability());
    const spec = specOf(mocks, "apps/v1:StatefulSet", "prometheus");
    assert.equal(spec.replicas, 1);
    assert.deepEqual(spec.volumeClaimTemplates[0]?.spec.resources, { requests: { storage: "2Gi" } });
    const [container] = spec.template.spec.containers;
    assert.ok(container.args.includes("--storage.tsdb.path=/var/lib/prometheus/data"));
    assert.ok(container.args.includes("--config.file=/etc/prometheus/prometheus.json"));
    assert.deepEqual(container.env, [
      { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "GOMEMLIMIT", value: "230MiB" },
    ]);
  });

  it("holds its configuration and its rules in one immutable ConfigMap that is named by content", async () => {
    const { mocks } = await register(COUNT, () => observability());
    const { inputs } = mocks.only("kubernetes:core/v1:ConfigMap", "prometheus");
    assert.equal(inputs["immutable"], true);
    assert.ok(!("name" in (inputs["metadata"] as object)));
    const files = filesOf(mocks, "prometheus");
    assert.deepEqual(Object.keys(files), ["prometheus.json", "rules.json"]);
    const configuration = JSON.parse(files["prometheus.json"] ?? "") as { rule_files: string[]; scrape_configs: { job_name: string }[] };
    assert.deepEqual(configuration.rule_files, ["/etc/prometheus/rules.json"]);
    assert.deepEqual(configuration.scrape_configs.map((scrape) => scrape.job_name), ["agent", "memory", "etcd", "edge", "otel-collector", "prometheus"]);
    assert.ok((JSON.parse(files["rules.json"] ?? "") as { groups: unknown[] }).groups.length > 3);
  });

  it("is asked by its readers, and reaches what it watches and nothing else", async () => {
    const { mocks } = await register(COUNT, () => observability());
    const policy = specOf(mocks, "networking.k8s.io/v1:NetworkPolicy", "prometheus");
    assert.deepEqual(policy.ingress, [{ ports: tcp(9090), from: [named("monitoring")] }]);
    assert.deepEqual(policy.egress, [
      { to: [named("agent")], ports: tcp(8081) },
      { to: [named("memory")], ports: tcp(8081) },
      { to: [named("etcd")], ports: tcp(2381) },
      { to: [named("edge")], ports: tcp(8081) },
      { to: [named("otel-collector")], ports: tcp(8888) },
    ]);
  });

  it("reaches outside only what it is told of", async () => {
    const settings = { ...PROMETHEUS, alertmanagerUrl: "http://alerts.example.net:9093", remoteWriteUrl: "https://metrics.example.net/write" };
    const { mocks } = await register(COUNT, () => observability({ prometheus: settings }));
    const egress = specOf(mocks, "networking.k8s.io/v1:NetworkPolicy", "prometheus").egress as unknown[];
    assert.deepEqual(egress.slice(-2), [
      { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }], ports: tcp(9093) },
      { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }], ports: tcp(443) },
    ]);
  });
});

describe("OtelCollector", () => {
  it("takes traces from the services and hands them to their store, and shows its metrics to Prometheus alone", async () => {
    const { mocks, result } = await register(COUNT, () => observability());
    const policy = specOf(mocks, "networking.k8s.io/v1:NetworkPolicy", "otel-collector");
    assert.deepEqual(policy.ingress, [
      { ports: tcp(4318), from: [named("agent"), named("memory")] },
      { ports: tcp(8888), from: [named("prometheus")] },
    ]);
    assert.deepEqual(policy.egress, [{ to: [named("monitoring")], ports: tcp(8080) }]);
    assert.deepEqual(result.traces, {
      otlpEndpoint: "http://otel-collector.agentic-flow.svc:4318",
      traceSampleRatio: 1,
      destination: { labels: collectorSelector(), port: 4318 },
    });
    assert.deepEqual(result.metrics.access, { url: "http://prometheus.agentic-flow.svc:9090" });
    assert.deepEqual(result.metrics.destinations, [{ labels: scraperSelector(), port: 9090 }]);
    const configuration = JSON.parse(filesOf(mocks, "otel-collector")["collector.json"] ?? "") as { exporters: Record<string, { traces_endpoint?: string }> };
    assert.equal(configuration.exporters["otlp_http/region"]?.traces_endpoint, "http://monitoring.agentic-flow.svc:8080/otlp/v1/traces");
  });

  it("reaches outside only when traces are wanted there", async () => {
    const telemetry = { ...TELEMETRY, exportUrl: "https://otlp.example.net:4318" };
    const { mocks } = await register(COUNT, () => observability({ telemetry, traceStore: undefined }));
    assert.deepEqual(specOf(mocks, "networking.k8s.io/v1:NetworkPolicy", "otel-collector").egress, [
      { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }], ports: tcp(4318) },
    ]);
  });
});

describe("LogShipper", () => {
  const telemetry = { ...TELEMETRY, exportUrl: "https://otlp.example.net", shipLogs: true };

  it("is there only when logs are wanted elsewhere", async () => {
    const { mocks } = await register(COUNT, () => observability({ telemetry: { ...telemetry, shipLogs: false } }));
    assert.deepEqual(mocks.ofType("kubernetes:apps/v1:DaemonSet"), []);
  });

  it("reads one folder of every node and can do nothing else there, in a namespace of its own", async () => {
    const { mocks } = await register(COUNT + LOG_SHIPPER, () => observability({ telemetry }));
    const daemons = mocks.only("kubernetes:apps/v1:DaemonSet", "log-shipper");
    assert.equal((daemons.inputs["metadata"] as { namespace: string }).namespace, "log-shipper");
    const pod = specOf(mocks, "apps/v1:DaemonSet", "log-shipper").template.spec;
    assert.deepEqual(pod.volumes, [
      { name: "config", configMap: { name: "log-shipper-suffix", defaultMode: 0o440 } },
      { name: "logs", hostPath: { path: "/var/log/pods", type: "Directory" } },
    ]);
    assert.deepEqual(pod.containers[0].volumeMounts, [
      { name: "config", mountPath: "/etc/otel-collector", readOnly: true },
      { name: "logs", mountPath: "/var/log/pods", readOnly: true },
    ]);
    assert.deepEqual(pod.containers[0].securityContext, {
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      privileged: false,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    });
    const policy = specOf(mocks, "networking.k8s.io/v1:NetworkPolicy", "log-shipper");
    assert.equal(policy.ingress, undefined);
    assert.deepEqual((policy.egress as unknown[])[0], { to: [{ ipBlock: { cidr: "0.0.0.0/0" } }], ports: tcp(443) });
  });

  it("sends logs in clear nowhere", async () => {
    await register(COUNT + 1, () =>
      assert.throws(
        () => observability({ telemetry: { ...telemetry, exportUrl: "http://otlp.example.net" } }),
        (error) => error instanceof FaultsError && error.faults[0]?.property === "exportUrl",
      ),
    );
  });
});

describe("Observability", () => {
  it("has a dashboard for each service where a Grafana finds it", async () => {
    const { mocks } = await register(COUNT, () => observability());
    const { inputs } = mocks.only("kubernetes:core/v1:ConfigMap", "observability-dashboards");
    assert.equal((inputs["metadata"] as { labels: Record<string, string> }).labels["grafana_dashboard"], "1");
    assert.deepEqual(Object.keys(inputs["data"] as object).sort(), ["agentic-flow-agent.json", "agentic-flow-memory.json", "agentic-flow-overview.json"]);
  });

  it("watches nothing that cannot be measured", async () => {
    await register(SURROUNDINGS + 1, () =>
      assert.throws(
        () => observability({ services: [{ ...SERVICES[0], slo: { ...SERVICES[0].slo, latencyMs: 120 } }], edge: "agent" }),
        (error) => error instanceof FaultsError && error.faults.map((fault) => fault.property).join() === "targets[1].name,services[0].slo.latencyMs",
      ),
    );
  });
});
