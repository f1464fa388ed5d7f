import type { ScrapeTarget } from "./observed";

/** Names of the workloads that a region has besides its services; each is the `job` of its series. */
export interface PlatformJobs {
  readonly etcd: string;
  readonly edge: string;
  readonly collector: string;
  readonly prometheus: string;
}

/** Port and path of the metrics of what is not a service. */
export const PLATFORM_SCRAPES = {
  etcd: { port: 2381, path: "/metrics" },
  // Envoy has a thousand statistics per cluster; `usedonly` leaves out those that never counted anything.
  edge: { port: 8081, path: "/metrics", query: { usedonly: "" }, keep: "envoy_http_downstream_.*|envoy_cluster_upstream_(rq|cx)_.*|envoy_server_.*" },
  collector: { port: 8888, path: "/metrics" },
  prometheus: { port: 9090, path: "/metrics" },
} as const satisfies Readonly<Record<keyof PlatformJobs, Omit<ScrapeTarget, "name">>>;

/** Everything besides the services that is asked for metrics. */
export function platformTargets(jobs: PlatformJobs): ScrapeTarget[] {
  return (Object.keys(PLATFORM_SCRAPES) as (keyof PlatformJobs)[]).map((part) => ({ name: jobs[part], ...PLATFORM_SCRAPES[part] }));
}
