import type { ObservedService } from "../../../components/observability/observed";
import type { PlatformJobs } from "../../../components/observability/platform";

/** Two services with different promises: what holds for both is not there by chance. */
export const SERVICES = [
  {
    name: "agent",
    port: 8081,
    path: "/metrics",
    slo: { availability: 0.999, latencyMs: 100, latencyShare: 0.99 },
    limits: { memoryBytes: 256 * 2 ** 20, connections: 1_000 },
  },
  {
    name: "memory",
    port: 8081,
    path: "/metrics",
    slo: { availability: 0.99, latencyMs: 1_000, latencyShare: 0.95 },
    limits: { memoryBytes: 512 * 2 ** 20, connections: 500 },
  },
] as const satisfies readonly ObservedService[];

export const PLATFORM: PlatformJobs = { etcd: "etcd", edge: "edge", collector: "otel-collector", prometheus: "prometheus" };
