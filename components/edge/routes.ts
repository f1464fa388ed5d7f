import { isTemplate, pathEntries, pathPattern } from "./upstream";
import type { PathEntry, Upstream } from "./upstream";

/** Time for the service's own timeout to answer before the edge gives up. */
const TIMEOUT_RESERVE_MS = 1_000;
const MAX_RETRIES = 2;
/** Waiting time before a retry: random, up to this, and growing to the maximum. */
const RETRY_BASE_MS = 25;
const RETRY_MAX_MS = 250;

/** Methods whose repetition changes nothing, even if the first try arrived. */
const REPEATABLE = ["GET", "HEAD"];
/** Nothing reached the service: any request may be sent again. */
const UNSENT = "connect-failure,refused-stream,reset-before-request";
/** The service did not answer, or said that it cannot now. */
const UNANSWERED = `${UNSENT},reset,gateway-error`;

/** A plain object of Envoy's configuration, in the JSON form of its protobuf messages. */
export type EnvoyObject = Record<string, unknown>;

/** Routing table of the edge: published routes, 405 for other methods on their paths, and 404 for every other path. */
export function virtualHost(upstreams: readonly Upstream[]): EnvoyObject {
  return {
    name: "edge",
    domains: ["*"],
    routes: [...upstreams.flatMap(serviceRoutes), notFound()],
  };
}

function serviceRoutes(upstream: Upstream): EnvoyObject[] {
  return pathEntries(upstream.routes).flatMap((entry) => {
    const repeatable = entry.methods.filter((method) => REPEATABLE.includes(method));
    const others = entry.methods.filter((method) => !REPEATABLE.includes(method));
    return [
      ...(repeatable.length > 0 ? [forward(upstream, entry, repeatable, UNANSWERED)] : []),
      ...(others.length > 0 ? [forward(upstream, entry, others, UNSENT)] : []),
      methodNotAllowed(entry),
    ];
  });
}

function pathMatch(entry: PathEntry): EnvoyObject {
  return isTemplate(entry.path) ? { safe_regex: { regex: pathPattern(entry.path) } } : { path: entry.path };
}

function forward(upstream: Upstream, entry: PathEntry, methods: readonly string[], retryOn: string): EnvoyObject {
  return {
    name: `${upstream.name} ${methods.join("|")} ${entry.path}`,
    match: {
      ...pathMatch(entry),
      headers: [{ name: ":method", string_match: { safe_regex: { regex: methods.join("|") } } }],
    },
    route: {
      cluster: upstream.name,
      timeout: seconds(upstream.requestTimeoutMs + TIMEOUT_RESERVE_MS),
      retry_policy: {
        retry_on: retryOn,
        num_retries: MAX_RETRIES,
        retry_back_off: { base_interval: seconds(RETRY_BASE_MS), max_interval: seconds(RETRY_MAX_MS) },
        // A second try goes to another pod than the first.
        retry_host_predicate: [
          {
            name: "envoy.retry_host_predicates.previous_hosts",
            typed_config: {
              "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
            },
          },
        ],
        host_selection_retry_max_attempts: 3,
      },
    },
    typed_per_filter_config: {
      "envoy.filters.http.buffer": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute",
        buffer: { max_request_bytes: upstream.requestBodyBytes },
      },
    },
  };
}

function methodNotAllowed(entry: PathEntry): EnvoyObject {
  return {
    name: `405 ${entry.path}`,
    match: pathMatch(entry),
    direct_response: direct(405, "Method not allowed on this path"),
    response_headers_to_add: [{ header: { key: "allow", value: entry.methods.join(", ") } }],
  };
}

function notFound(): EnvoyObject {
  return { name: "404", match: { prefix: "/" }, direct_response: direct(404, "No such path") };
}

/** An answer of the edge itself; the connection manager makes a problem document of it. */
function direct(status: number, title: string): EnvoyObject {
  return { status, body: { inline_string: title } };
}

/** A duration as Envoy reads it. */
export function seconds(milliseconds: number): string {
  return `${milliseconds / 1000}s`;
}
