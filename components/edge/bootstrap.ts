import { clusterOf, opsCluster } from "./clusters";
import { opsListener } from "./ops";
import { seconds, virtualHost } from "./routes";
import type { EnvoyObject } from "./routes";
import type { Upstream } from "./upstream";

/** Ports of the edge's container. */
export const EDGE_PORTS = { http: 8080, ops: 8081 } as const;

/** Envoy's own console. Anybody who reaches it commands the process, so it is reachable from inside the pod only. */
const ADMIN_PORT = 9901;

const HCM = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const BUFFER = "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer";
const ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router";

/** Open client connections of one replica; further ones are refused. */
const MAX_CONNECTIONS = 20_000;
const MAX_HEADER_KIB = 32;
const MAX_HEADERS = 100;
const MAX_CONCURRENT_STREAMS = 128;
const CONNECTION_BUFFER_BYTES = 32 * 1024;
/** Time for a client to send its headers, and for all of a request: slow ones are not worth a connection. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
const IDLE_TIMEOUT_MS = 60_000;
/** Body limit where no service is asked: nothing that the edge answers by itself reads one. */
const DEFAULT_BODY_BYTES = 1024;

/** Titles of answers that stand for a service which gave none. */
const UNAVAILABLE: Readonly<Record<number, string>> = {
  502: "The service gave no usable answer",
  503: "The service is not available",
  504: "The service did not answer in time",
};

/**
 * Envoy's whole configuration, from what is published. Pure: the same upstreams give the same object.
 *
 * @param region Named in every access log line.
 * @param drainMs How long a stopping replica goes on serving, so that load balancers and clients can look away.
 */
export function edgeBootstrap(region: string, upstreams: readonly Upstream[], drainMs: number): EnvoyObject {
  return {
    node: { id: "edge", cluster: "edge", locality: { region } },
    admin: { address: socketAddress("127.0.0.1", ADMIN_PORT) },
    static_resources: {
      listeners: [httpListener(region, upstreams), opsListener(EDGE_PORTS.ops, drainMs)],
      clusters: [...upstreams.map(clusterOf), opsCluster(ADMIN_PORT)],
    },
    overload_manager: {
      resource_monitors: [
        {
          name: "envoy.resource_monitors.global_downstream_max_connections",
          typed_config: {
            "@type":
              "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
            max_active_downstream_connections: MAX_CONNECTIONS,
          },
        },
      ],
    },
  };
}

function socketAddress(address: string, port: number): EnvoyObject {
  return { socket_address: { address, port_value: port } };
}

function httpListener(region: string, upstreams: readonly Upstream[]): EnvoyObject {
  return {
    name: "http",
    address: socketAddress("0.0.0.0", EDGE_PORTS.http),
    per_connection_buffer_limit_bytes: CONNECTION_BUFFER_BYTES,
    filter_chains: [
      { filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: connectionManager(region, upstreams) }] },
    ],
  };
}

function connectionManager(region: string, upstreams: readonly Upstream[]): EnvoyObject {
  return {
    "@type": HCM,
    stat_prefix: "edge",
    codec_type: "AUTO",
    use_remote_address: true,
    normalize_path: true,
    merge_slashes: true,
    path_with_escaped_slashes_action: "REJECT_REQUEST",
    generate_request_id: true,
    always_set_request_id_in_response: true,
    server_header_transformation: "PASS_THROUGH",
    common_http_protocol_options: {
      idle_timeout: seconds(IDLE_TIMEOUT_MS),
      headers_with_underscores_action: "REJECT_REQUEST",
      max_headers_count: MAX_HEADERS,
    },
    http2_protocol_options: { max_concurrent_streams: MAX_CONCURRENT_STREAMS },
    max_request_headers_kb: MAX_HEADER_KIB,
    request_headers_timeout: seconds(HEADERS_TIMEOUT_MS),
    request_timeout: seconds(REQUEST_TIMEOUT_MS),
    stream_idle_timeout: seconds(IDLE_TIMEOUT_MS),
    access_log: [accessLog(region)],
    local_reply_config: {
      mappers: Object.entries(UNAVAILABLE).map(([status, title]) => replyMapper(Number(status), title)),
      body_format: {
        content_type: "application/problem+json",
        json_format: { type: "about:blank", title: "%LOCAL_REPLY_BODY%", status: "%RESPONSE_CODE%", requestId: "%REQ(X-REQUEST-ID)%" },
      },
    },
    http_filters: [
      {
        name: "envoy.filters.http.buffer",
        typed_config: { "@type": BUFFER, max_request_bytes: DEFAULT_BODY_BYTES },
      },
      { name: "envoy.filters.http.router", typed_config: { "@type": ROUTER } },
    ],
    route_config: { name: "edge", virtual_hosts: [virtualHost(upstreams)] },
  };
}

/** Says what the client can know; what exactly happened to the upstream connection is in the access log. */
function replyMapper(status: number, title: string): EnvoyObject {
  return {
    filter: { status_code_filter: { comparison: { op: "EQ", value: { default_value: status, runtime_key: `edge.reply.${status}` } } } },
    body: { inline_string: title },
  };
}

/** One JSON line per request on standard output. Paths are without their query, which may hold what is nobody's business. */
function accessLog(region: string): EnvoyObject {
  return {
    name: "envoy.access_loggers.stdout",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
      log_format: {
        json_format: {
          time: "%START_TIME%",
          region,
          requestId: "%REQ(X-REQUEST-ID)%",
          traceparent: "%REQ(TRACEPARENT)%",
          method: "%REQ(:METHOD)%",
          path: "%PATH(NQ)%",
          protocol: "%PROTOCOL%",
          status: "%RESPONSE_CODE%",
          flags: "%RESPONSE_FLAGS%",
          details: "%RESPONSE_CODE_DETAILS%",
          durationMs: "%DURATION%",
          requestBytes: "%BYTES_RECEIVED%",
          responseBytes: "%BYTES_SENT%",
          route: "%ROUTE_NAME%",
          upstream: "%UPSTREAM_HOST%",
          attempts: "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
          client: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
          userAgent: "%REQ(USER-AGENT)%",
        },
      },
    },
  };
}
