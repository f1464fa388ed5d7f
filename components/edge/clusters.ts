import { seconds } from "./routes";
import type { EnvoyObject } from "./routes";
import type { Upstream } from "./upstream";

/** Name of the cluster that is this Envoy's own console. */
export const OPS_CLUSTER = "admin";

const CONNECT_TIMEOUT_MS = 1_000;
/** How soon a pod that came or went is noticed. */
const DNS_REFRESH_MS = 1_000;
const MAX_PENDING_REQUESTS = 1_024;
const IDLE_TIMEOUT_MS = 30_000;
/** Retries are a share of the load, so that a service in trouble is not given more of it. */
const RETRY_SHARE_PERCENT = 20;
const MIN_CONCURRENT_RETRIES = 3;
/** A pod that fails this often in a row gets no requests for a while; never more than half of them at once. */
const EJECT_AFTER_ERRORS = 5;
const EJECT_MS = 5_000;
const EJECT_MAX_PERCENT = 50;

/** A service as Envoy sees it: each of its pods by address, with a cap on everything that can pile up. */
export function clusterOf(upstream: Upstream): EnvoyObject {
  return {
    name: upstream.name,
    cluster_type: {
      name: "envoy.cluster.dns",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster",
        dns_lookup_family: "V4_ONLY",
        dns_refresh_rate: seconds(DNS_REFRESH_MS),
        dns_failure_refresh_rate: { base_interval: seconds(DNS_REFRESH_MS), max_interval: seconds(2 * DNS_REFRESH_MS) },
      },
    },
    connect_timeout: seconds(CONNECT_TIMEOUT_MS),
    lb_policy: "LEAST_REQUEST",
    // With most pods gone it is better to try the rest than to answer nobody.
    common_lb_config: { healthy_panic_threshold: { value: 50 } },
    circuit_breakers: {
      thresholds: [
        {
          max_connections: upstream.connections,
          max_pending_requests: MAX_PENDING_REQUESTS,
          max_requests: upstream.connections,
          retry_budget: { budget_percent: { value: RETRY_SHARE_PERCENT }, min_retry_concurrency: MIN_CONCURRENT_RETRIES },
          track_remaining: true,
        },
      ],
    },
    outlier_detection: {
      consecutive_5xx: EJECT_AFTER_ERRORS,
      consecutive_gateway_failure: EJECT_AFTER_ERRORS,
      enforcing_consecutive_gateway_failure: 100,
      split_external_local_origin_errors: true,
      consecutive_local_origin_failure: EJECT_AFTER_ERRORS,
      interval: seconds(1_000),
      base_ejection_time: seconds(EJECT_MS),
      max_ejection_percent: EJECT_MAX_PERCENT,
    },
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        explicit_http_config: { http_protocol_options: {} },
        common_http_protocol_options: { idle_timeout: seconds(IDLE_TIMEOUT_MS) },
      },
    },
    load_assignment: endpoints(upstream.name, upstream.host, upstream.port),
  };
}

/** Envoy's console on loopback, for the few questions and the one command that the kubelet may put to it. */
export function opsCluster(adminPort: number): EnvoyObject {
  return {
    name: OPS_CLUSTER,
    type: "STATIC",
    connect_timeout: seconds(CONNECT_TIMEOUT_MS),
    load_assignment: endpoints(OPS_CLUSTER, "127.0.0.1", adminPort),
  };
}

function endpoints(cluster: string, address: string, port: number): EnvoyObject {
  return {
    cluster_name: cluster,
    endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address, port_value: port } } } }] }],
  };
}
