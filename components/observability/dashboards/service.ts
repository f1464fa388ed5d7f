import type { ObservedService } from "../observed";
import { PROMISES, RECORDED, WINDOWS } from "../rules";
import type { Dashboard, Panel } from "./panel";

/** Everything about one service: how much it is asked, how often it fails, how long it takes, how full it is. */
export function serviceDashboard(service: ObservedService): Dashboard {
  const { name, slo } = service;
  return {
    uid: `agentic-flow-${name}`,
    title: `Service: ${name}`,
    description: `Promises: ${PROMISES.map((promise) => promise.words(service)).join("; ")}.`,
    rows: [
      { title: "Promises", panels: [...PROMISES.map((promise) => budget(promise.slo, `${promise.budgetLeft}{job="${name}"}`)), replicas(name)] },
      { title: "Requests", panels: [rate(name), errors(name), duration(name, slo.latencyMs / 1000)] },
      { title: "Saturation", panels: [cpu(name), memory(service), connections(service), eventLoop(name)] },
      { title: "Budgets", panels: PROMISES.map((promise) => burning(promise.slo, name, promise.ratio, promise.allowed(service))) },
      { title: "Beyond", panels: [downstream(name), planned(name)] },
    ],
  };
}

function of(name: string, more = ""): string {
  return `{job="${name}"${more === "" ? "" : `,${more}`}}`;
}

function budget(slo: string, expr: string): Panel {
  return {
    title: `Budget left: ${slo}`,
    description: "Share of what may go wrong in 30 days that is left; below zero the promise is broken.",
    kind: "stat",
    unit: "percentunit",
    queries: [{ expr, legend: slo }],
    threshold: 0.1,
    lowIsBad: true,
  };
}

function replicas(name: string): Panel {
  return {
    title: "Replicas",
    description: "Replicas that are ready and answer with their metrics.",
    kind: "stat",
    unit: "none",
    queries: [{ expr: `${RECORDED.replicas}${of(name)}`, legend: "replicas" }],
  };
}

function rate(name: string): Panel {
  return {
    title: "Rate by operation",
    description: "Requests per second by method and path, whatever the answer.",
    kind: "timeseries",
    unit: "reqps",
    queries: [
      {
        expr: `sum by (http_request_method, http_route) (rate(http_server_request_duration_seconds_count${of(name)}[5m]))`,
        legend: "{{http_request_method}} {{http_route}}",
      },
    ],
  };
}

function errors(name: string): Panel {
  return {
    title: "Errors by operation and status",
    description: "Requests per second that were answered with 4xx (the caller's fault) or 5xx (ours).",
    kind: "timeseries",
    unit: "reqps",
    queries: [
      {
        expr: `sum by (http_route, http_response_status_code) (rate(http_server_request_duration_seconds_count${of(name, 'http_response_status_code=~"[45].."')}[5m]))`,
        legend: "{{http_response_status_code}} {{http_route}}",
      },
    ],
  };
}

function duration(name: string, promisedSeconds: number): Panel {
  return {
    title: "Duration",
    description: "Time from the head of a request to the end of its answer. The line is what is promised.",
    kind: "timeseries",
    unit: "s",
    queries: (["p50", "p95", "p99"] as const).map((quantile) => ({ expr: `${RECORDED.duration(quantile)}${of(name)}`, legend: quantile })),
    threshold: promisedSeconds,
  };
}

function cpu(name: string): Panel {
  return {
    title: "CPU",
    description: "Cores that each replica uses.",
    kind: "timeseries",
    unit: "short",
    queries: [{ expr: `sum by (instance) (rate(process_cpu_seconds_total${of(name)}[5m]))`, legend: "{{instance}}" }],
  };
}

function memory({ name, limits }: ObservedService): Panel {
  return {
    title: "Memory",
    description: "Resident memory of each replica. The line is the limit at which it is killed.",
    kind: "timeseries",
    unit: "bytes",
    queries: [{ expr: `process_resident_memory_bytes${of(name)}`, legend: "{{instance}}" }],
    threshold: limits.memoryBytes,
  };
}

function connections({ name, limits }: ObservedService): Panel {
  return {
    title: "Requests under way",
    description: "Requests that each replica works on. The line is how many connections it accepts.",
    kind: "timeseries",
    unit: "short",
    queries: [{ expr: `sum by (instance) (http_server_active_requests${of(name)})`, legend: "{{instance}}" }],
    threshold: limits.connections,
  };
}

function eventLoop(name: string): Panel {
  return {
    title: "Event loop, slowest hundredth",
    description: "How long one turn in a hundred takes: requests wait behind it.",
    kind: "timeseries",
    unit: "s",
    queries: [{ expr: `nodejs_eventloop_delay_p99_seconds${of(name)}`, legend: "{{instance}}" }],
  };
}

function burning(slo: string, name: string, ratio: (window: string) => string, allowed: number): Panel {
  return {
    title: `Bad requests: ${slo}`,
    description: "Share of bad requests over each window. The line is what may go wrong.",
    kind: "timeseries",
    unit: "percentunit",
    queries: Object.keys(WINDOWS).map((window) => ({ expr: `${ratio(window)}${of(name)}`, legend: window })),
    threshold: allowed,
  };
}

function downstream(name: string): Panel {
  return {
    title: "Calls to other services, slowest hundredth",
    description: "Duration of calls by the service that is called.",
    kind: "timeseries",
    unit: "s",
    queries: [
      {
        expr: `histogram_quantile(0.99, sum by (peer_service, le) (rate(http_client_request_duration_seconds_bucket${of(name)}[5m])))`,
        legend: "{{peer_service}}",
      },
    ],
  };
}

function planned(name: string): Panel {
  return {
    title: "Asked for, not built",
    description: "Requests per second for operations that are published and answer 501.",
    kind: "timeseries",
    unit: "reqps",
    queries: [{ expr: `sum by (operation) (rate(planned_route_requests_total${of(name)}[5m]))`, legend: "{{operation}}" }],
  };
}
