import { OPS_CLUSTER } from "./clusters";
import { seconds } from "./routes";
import type { EnvoyObject } from "./routes";

/** Paths of the port that only the kubelet and the metrics collector reach. */
export const OPS_PATHS = { liveness: "/livez", readiness: "/readyz", metrics: "/metrics", drain: "/drain" } as const;

const MAX_OPS_CONNECTIONS_IDLE_MS = 30_000;
const DRAIN_CALL_TIMEOUT_MS = 1_000;

/**
 * Tells Envoy that it is failing: readiness goes, and every answer from then on asks its client to close the
 * connection. The console takes commands by POST only and the kubelet knows GET only; hence the script.
 */
const DRAIN_SCRIPT = `function envoy_on_request(handle)
  if handle:headers():get(":path") == "${OPS_PATHS.drain}" then
    handle:httpCall("${OPS_CLUSTER}", {[":method"] = "POST", [":path"] = "/healthcheck/fail", [":authority"] = "${OPS_CLUSTER}", ["content-length"] = "0"}, "", ${DRAIN_CALL_TIMEOUT_MS})
  end
end
`;

/** Health, metrics, and the drain that Kubernetes asks for before it stops a replica. */
export function opsListener(port: number, drainMs: number): EnvoyObject {
  return {
    name: "ops",
    address: { socket_address: { address: "0.0.0.0", port_value: port } },
    filter_chains: [
      {
        filters: [
          {
            name: "envoy.filters.network.http_connection_manager",
            typed_config: {
              "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
              stat_prefix: "ops",
              common_http_protocol_options: { idle_timeout: seconds(MAX_OPS_CONNECTIONS_IDLE_MS) },
              stream_idle_timeout: seconds(drainMs + MAX_OPS_CONNECTIONS_IDLE_MS),
              http_filters: [readinessFilter(), drainFilter(), holdFilter(), routerFilter()],
              route_config: { name: "ops", virtual_hosts: [{ name: "ops", domains: ["*"], routes: opsRoutes(drainMs) }] },
            },
          },
        ],
      },
    ],
  };
}

/** 200, and 503 from the moment the drain begins. */
function readinessFilter(): EnvoyObject {
  return {
    name: "envoy.filters.http.health_check",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.health_check.v3.HealthCheck",
      pass_through_mode: false,
      headers: [{ name: ":path", string_match: { exact: OPS_PATHS.readiness } }],
    },
  };
}

function drainFilter(): EnvoyObject {
  return {
    name: "envoy.filters.http.lua",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
      default_source_code: { inline_string: DRAIN_SCRIPT },
    },
  };
}

/** Holds back the answer to the drain for as long as the replica has to go on serving; the kubelet waits for it. */
function holdFilter(): EnvoyObject {
  return {
    name: "envoy.filters.http.fault",
    typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault" },
  };
}

function routerFilter(): EnvoyObject {
  return {
    name: "envoy.filters.http.router",
    typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
  };
}

function opsRoutes(drainMs: number): EnvoyObject[] {
  return [
    { match: { path: OPS_PATHS.liveness }, direct_response: { status: 200 } },
    {
      match: { path: OPS_PATHS.metrics, headers: [{ name: ":method", string_match: { exact: "GET" } }] },
      route: { cluster: OPS_CLUSTER, prefix_rewrite: "/stats/prometheus" },
    },
    {
      match: { path: OPS_PATHS.drain },
      direct_response: { status: 200 },
      typed_per_filter_config: {
        "envoy.filters.http.fault": {
          "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
          delay: { fixed_delay: seconds(drainMs), percentage: { numerator: 100, denominator: "HUNDRED" } },
        },
      },
    },
    { match: { prefix: "/" }, direct_response: { status: 404 } },
  ];
}
