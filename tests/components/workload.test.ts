import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { ServiceWorkload } from "../../components/workload";
import type { ServiceWorkloadArgs } from "../../components/workload";
import { FaultsError } from "../../config";
import { register, valueOf } from "../support/mocks";
import type { RecordingMocks } from "../support/mocks";
import { IMAGE, SURROUNDINGS, surroundings } from "../support/surroundings";

type Own = Omit<ServiceWorkloadArgs, "cluster" | "namespace">;

const ARGS: Own = {
  role: "service",
  image: IMAGE,
  env: { LOG_LEVEL: "info", POD_NAME: { fieldPath: "metadata.name" } },
  replicas: { kind: "autoscaled", min: 3, max: 50, targetCpuPercent: 70 },
  resources: { cpuRequest: "100m", memoryRequest: "128Mi", memoryLimit: "256Mi" },
  ports: [
    { name: "api", port: 8080, callers: [{ "app.kubernetes.io/name": "edge" }], appProtocol: "http" },
    { name: "admin", port: 8081 },
  ],
  liveness: { path: "/livez", port: "admin" },
  readiness: { path: "/readyz", port: "admin", periodSeconds: 2 },
  destinations: [{ labels: { "app.kubernetes.io/name": "etcd" }, port: 2379 }],
  files: [{ name: "certs", mountPath: "/etc/certs", source: { secretName: "some-secret" } }],
  terminationGracePeriodSeconds: 20,
};

const STATEFUL: Own = {
  ...ARGS,
  replicas: { kind: "fixed", count: 3 },
  storage: { mountPath: "/var/lib/data", size: "10Gi" },
};

function workload(args: Own, stack = "local", storageClass?: string): ServiceWorkload {
  return new ServiceWorkload("agent", { ...surroundings(stack, storageClass), ...args });
}

/** Component, ServiceAccount, NetworkPolicy, two Services, the workload, PodDisruptionBudget. */
const FIXED = SURROUNDINGS + 7;
/** And the autoscaler's component and object. */
const AUTOSCALED = FIXED + 2;

const DEPLOYMENT = "kubernetes:apps/v1:Deployment";
const STATEFUL_SET = "kubernetes:apps/v1:StatefulSet";
const SERVICE = "kubernetes:core/v1:Service";
const LABELS = {
  "app.kubernetes.io/name": "agent",
  "app.kubernetes.io/component": "service",
  "app.kubernetes.io/part-of": "agentic-flow",
  "app.kubernetes.io/managed-by": "pulumi",
  "agentic-flow.io/region": "local",
};
const METADATA = { name: "agent", namespace: "agentic-flow", labels: LABELS };

interface PodSpec {
  readonly containers: readonly Record<string, unknown>[];
  readonly topologySpreadConstraints: readonly Record<string, unknown>[];
}

function specOf(mocks: RecordingMocks, type: string): Record<string, unknown> {
  return mocks.only(type, "agent").inputs["spec"] as Record<string, unknown>;
}

function podOf(mocks: RecordingMocks, type = DEPLOYMENT): PodSpec {
  return (specOf(mocks, type)["template"] as { spec: PodSpec }).spec;
}

describe("ServiceWorkload", () => {
  it("registers one pod template, exactly so", async () => {
    const { mocks } = await register(AUTOSCALED, () => workload(ARGS));
    const probe = (path: string, periodSeconds: number) => ({
      httpGet: { path, port: "admin" },
      periodSeconds,
      timeoutSeconds: 2,
      failureThreshold: 3,
    });
    const spread = { maxSkew: 1, labelSelector: { matchLabels: { "app.kubernetes.io/name": "agent" } }, matchLabelKeys: ["pod-template-hash"] };
    assert.deepEqual(specOf(mocks, DEPLOYMENT), {
      selector: { matchLabels: { "app.kubernetes.io/name": "agent" } },
      revisionHistoryLimit: 3,
      progressDeadlineSeconds: 300,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" } },
      template: {
        metadata: { labels: LABELS },
        spec: {
          serviceAccountName: "agent",
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 20,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            runAsGroup: 65532,
            fsGroup: 65532,
            fsGroupChangePolicy: "OnRootMismatch",
            seccompProfile: { type: "RuntimeDefault" },
          },
          nodeSelector: {},
          tolerations: [],
          topologySpreadConstraints: [
            { ...spread, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway" },
            { ...spread, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" },
          ],
          containers: [
            {
              name: "agent",
              image: IMAGE,
              imagePullPolicy: "IfNotPresent",
              env: [
                { name: "LOG_LEVEL", value: "info" },
                { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
              ],
              ports: [
                { name: "api", containerPort: 8080, protocol: "TCP" },
                { name: "admin", containerPort: 8081, protocol: "TCP" },
              ],
              resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
              securityContext: {
                runAsNonRoot: true,
                readOnlyRootFilesystem: true,
                allowPrivilegeEscalation: false,
                privileged: false,
                capabilities: { drop: ["ALL"] },
                seccompProfile: { type: "RuntimeDefault" },
              },
              startupProbe: { ...probe("/livez", 1), failureThreshold: 60 },
              livenessProbe: probe("/livez", 5),
              readinessProbe: probe("/readyz", 2),
              volumeMounts: [
                { name: "tmp", mountPath: "/tmp" },
                { name: "certs", mountPath: "/etc/certs", readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: "tmp", emptyDir: { sizeLimit: "64Mi" } },
            { name: "certs", secret: { secretName: "some-secret", defaultMode: 0o440 } },
          ],
        },
      },
    });
  });

  it("asks by connecting or by a program where there is no HTTP", async () => {
    const { mocks } = await register(AUTOSCALED, () =>
      workload({ ...ARGS, liveness: { tcpPort: "api", failureThreshold: 6 }, readiness: { command: ["pg_isready", "--quiet"], timeoutSeconds: 5 } }),
    );
    const [container] = podOf(mocks).containers;
    assert.deepEqual(container?.["livenessProbe"], { tcpSocket: { port: "api" }, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 6 });
    assert.deepEqual(container?.["startupProbe"], { tcpSocket: { port: "api" }, periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 60 });
    assert.deepEqual(container?.["readinessProbe"], { exec: { command: ["pg_isready", "--quiet"] }, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 });
  });

  it("refuses a probe of a port that it has not, and one without a program", async () => {
    await register(SURROUNDINGS + 1, () =>
      assert.throws(
        () => workload({ ...ARGS, liveness: { tcpPort: "data" }, readiness: { command: [] } }),
        (error) => error instanceof FaultsError && error.faults.map((fault) => fault.property).join() === "liveness.tcpPort,readiness.command",
      ),
    );
  });

  it("opens exactly the declared ports to the declared callers, and exactly the declared destinations", async () => {
    const { mocks } = await register(AUTOSCALED, () => workload(ARGS));
    assert.deepEqual(specOf(mocks, "kubernetes:networking.k8s.io/v1:NetworkPolicy"), {
      podSelector: { matchLabels: { "app.kubernetes.io/name": "agent" } },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ports: [{ protocol: "TCP", port: 8080 }], from: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "edge" } } }] }],
      egress: [{ ports: [{ protocol: "TCP", port: 2379 }], to: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "etcd" } } }] }],
    });
  });

  it("lets scrapers reach a port that is on no Service, and addresses outside the cluster be reached by their ports", async () => {
    const { mocks } = await register(AUTOSCALED, () =>
      workload({
        ...ARGS,
        ports: [{ name: "api", port: 8080, callers: [] }, { name: "admin", port: 8081, scrapedBy: [{ "app.kubernetes.io/name": "prometheus" }] }],
        destinations: [{ cidr: "192.0.2.0/24", port: 443 }],
      }),
    );
    const policy = specOf(mocks, "kubernetes:networking.k8s.io/v1:NetworkPolicy");
    assert.deepEqual(policy["ingress"], [
      { ports: [{ protocol: "TCP", port: 8081 }], from: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "prometheus" } } }] },
    ]);
    assert.deepEqual(policy["egress"], [{ ports: [{ protocol: "TCP", port: 443 }], to: [{ ipBlock: { cidr: "192.0.2.0/24" } }] }]);
    assert.deepEqual((mocks.only(SERVICE, "agent-pods").inputs["spec"] as { ports: { name: string }[] }).ports.map((port) => port.name), ["api"]);
  });

  it("lets a port without callers be called by nobody, not by everybody", async () => {
    const { mocks } = await register(AUTOSCALED, () =>
      workload({ ...ARGS, ports: [{ name: "api", port: 8080, callers: [] }, { name: "admin", port: 8081 }] }),
    );
    assert.deepEqual(specOf(mocks, "kubernetes:networking.k8s.io/v1:NetworkPolicy")["ingress"], []);
  });

  it("leaves the replicas to the autoscaler, and scales on CPU and on memory near the limit", async () => {
    const { mocks, result } = await register(AUTOSCALED, () => workload(ARGS));
    assert.ok(!("replicas" in specOf(mocks, DEPLOYMENT)));
    const scaler = specOf(mocks, "kubernetes:autoscaling/v2:HorizontalPodAutoscaler");
    assert.deepEqual(scaler["scaleTargetRef"], { apiVersion: "apps/v1", kind: "Deployment", name: "agent" });
    assert.deepEqual(
      (scaler["metrics"] as { resource: { target: unknown } }[]).map((metric) => metric.resource.target),
      [{ type: "Utilization", averageUtilization: 70 }, { type: "AverageValue", averageValue: "204Mi" }],
    );
    assert.equal(result.autoscaler?.minReplicas, 3);
  });

  it("can always lose one pod to maintenance, even one that is not healthy", async () => {
    const { mocks } = await register(AUTOSCALED, () => workload(ARGS));
    assert.deepEqual(specOf(mocks, "kubernetes:policy/v1:PodDisruptionBudget"), {
      selector: { matchLabels: { "app.kubernetes.io/name": "agent" } },
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: "AlwaysAllow",
    });
  });

  it("has a ServiceAccount whose token nobody gets, and Services with the called ports only", async () => {
    const { mocks, result } = await register(AUTOSCALED, () => workload(ARGS));
    assert.deepEqual(mocks.only("kubernetes:core/v1:ServiceAccount", "agent").inputs, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { ...METADATA, annotations: {} },
      automountServiceAccountToken: false,
    });
    assert.deepEqual(specOf(mocks, SERVICE), {
      type: "ClusterIP",
      selector: { "app.kubernetes.io/name": "agent" },
      ports: [{ name: "api", port: 8080, targetPort: "api", protocol: "TCP", appProtocol: "http" }],
    });
    assert.deepEqual(mocks.only(SERVICE, "agent-pods").inputs["spec"], {
      clusterIP: "None",
      selector: { "app.kubernetes.io/name": "agent" },
      publishNotReadyAddresses: false,
      ports: [{ name: "api", port: 8080, targetPort: "api", protocol: "TCP" }],
    });
    assert.equal(await valueOf(result.publicAddress), undefined);
  });

  it("spreads over zones by rule where the region has zones", async () => {
    const { mocks } = await register(AUTOSCALED, () => workload(ARGS, "us-east-1"));
    assert.deepEqual(
      podOf(mocks).topologySpreadConstraints.map((constraint) => constraint["whenUnsatisfiable"]),
      ["DoNotSchedule", "ScheduleAnyway"],
    );
  });

  it("with storage is a StatefulSet with a volume per replica, whose members find one another early", async () => {
    const { mocks } = await register(FIXED, () => workload(STATEFUL, "local", "fast"));
    const spec = specOf(mocks, STATEFUL_SET);
    assert.equal(spec["replicas"], 3);
    assert.equal(spec["serviceName"], "agent-pods");
    assert.equal(spec["podManagementPolicy"], "Parallel");
    assert.deepEqual(spec["persistentVolumeClaimRetentionPolicy"], { whenDeleted: "Retain", whenScaled: "Retain" });
    assert.deepEqual(spec["volumeClaimTemplates"], [
      {
        metadata: { name: "data", labels: LABELS },
        spec: { accessModes: ["ReadWriteOnce"], storageClassName: "fast", resources: { requests: { storage: "10Gi" } } },
      },
    ]);
    assert.deepEqual(podOf(mocks, STATEFUL_SET).containers[0]?.["volumeMounts"], [
      { name: "tmp", mountPath: "/tmp" },
      { name: "certs", mountPath: "/etc/certs", readOnly: true },
      { name: "data", mountPath: "/var/lib/data" },
    ]);
    assert.equal((mocks.only(SERVICE, "agent-pods").inputs["spec"] as Record<string, unknown>)["publishNotReadyAddresses"], true);
    assert.deepEqual(mocks.ofType("kubernetes:autoscaling/v2:HorizontalPodAutoscaler"), []);
  });

  it("behind a public port has a load balancer and its address, is open to anybody there, and drains before SIGTERM", async () => {
    const { mocks, result } = await register(AUTOSCALED, () =>
      workload({
        ...ARGS,
        ports: [{ name: "http", port: 8080, callers: "anybody" }, { name: "admin", port: 8081 }],
        preStop: { path: "/drain", port: "admin" },
        publicPort: 80,
      }),
    );
    assert.deepEqual(specOf(mocks, SERVICE), {
      type: "LoadBalancer",
      selector: { "app.kubernetes.io/name": "agent" },
      ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
    });
    assert.deepEqual(specOf(mocks, "kubernetes:networking.k8s.io/v1:NetworkPolicy")["ingress"], [{ ports: [{ protocol: "TCP", port: 8080 }] }]);
    assert.deepEqual(podOf(mocks).containers[0]?.["lifecycle"], { preStop: { httpGet: { path: "/drain", port: "admin" } } });
    assert.equal(await valueOf(result.publicAddress), "192.0.2.10");
  });

  it("lists everything that is wrong with its arguments at once", async () => {
    const wrong: Own = {
      ...ARGS,
      replicas: { kind: "autoscaled", min: 5, max: 2, targetCpuPercent: 70 },
      resources: { cpuRequest: "much", memoryRequest: "1Gi", memoryLimit: "256Mi" },
      ports: [{ name: "api", port: 80 }, { name: "api", port: 8081 }],
      storage: { mountPath: "/etc/certs", size: "1Gi" },
      liveness: { path: "/livez", port: "health" },
      terminationGracePeriodSeconds: 0,
      publicPort: 80,
    };
    await register(SURROUNDINGS + 1, () =>
      assert.throws(
        () => workload(wrong),
        (error) => {
          assert.ok(error instanceof FaultsError);
          assert.deepEqual(
            error.faults.map((fault) => fault.property),
            [
              "replicas.min",
              "storage",
              "resources.cpuRequest",
              "resources.memoryRequest",
              "ports[0].port",
              "ports[1].name",
              "liveness.port",
              "readiness.port",
              "files[1].mountPath",
              "terminationGracePeriodSeconds",
              "publicPort",
            ],
          );
          return true;
        },
      ),
    );
  });
});
