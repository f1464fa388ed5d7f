import type { PrometheusConfig, TelemetryConfig } from "../../../config";
import type { ObservedService } from "../../../components/observability/observed";
import type { PlatformJobs } from "../../../components/observability/platform";

/** Two services with different promises: what holds for both is not there by chance. */
export const SERVICES = [
  {
    name: "agent",
    port: 8081,
    path: "/metrics",
    slo: { availability: 0.999, latencyMs: 100, latencyShare: 0.99 },
    waitingRoutes: ["/api/v1/queue/{id}"],
    limits: { memoryBytes: 256 * 2 ** 20, connections: 1_000 },
  },
  {
    name: "memory",
    port: 8081,
    path: "/metrics",
    slo: { availability: 0.99, latencyMs: 1_000, latencyShare: 0.95 },
    waitingRoutes: [],
    limits: { memoryBytes: 512 * 2 ** 20, connections: 500 },
  },
] as const satisfies readonly ObservedService[];

export const PLATFORM: PlatformJobs = { etcd: "etcd", edge: "edge", collector: "otel-collector", prometheus: "prometheus" };

export const PROMETHEUS: PrometheusConfig = {
  replicas: 1,
  storage: "2Gi",
  retentionDays: 2,
  cpuRequest: "50m",
  memoryRequest: "96Mi",
  memoryLimit: "256Mi",
  alertmanagerUrl: undefined,
  remoteWriteUrl: undefined,
};

export const TELEMETRY: TelemetryConfig = {
  replicas: 1,
  cpuRequest: "25m",
  memoryRequest: "64Mi",
  memoryLimit: "128Mi",
  traceSampleRatio: 1,
  exportUrl: undefined,
  exportRatio: 1,
  shipLogs: false,
};
