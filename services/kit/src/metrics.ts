import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

/** Upper bounds in seconds: fine around the project's targets (15 ms registration, 100 ms request path). */
const DURATION_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Requests that match no route share this label value: paths a caller makes up must not become new series. */
export const UNMATCHED_ROUTE = "unmatched";

export interface FinishedRequest {
  readonly method: string;
  /** Route template, such as `/api/v1/agents/:id`. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}

/** Counts what a server does, in Prometheus' text format. One per process; nothing global. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests: Counter<"method" | "route" | "status">;
  readonly #durations: Histogram<"method" | "route">;
  readonly #inFlight: Gauge;
  readonly #dropped: Counter;

  constructor(labels: Readonly<Record<string, string>>) {
    this.registry.setDefaultLabels(labels);
    collectDefaultMetrics({ register: this.registry });
    const registers = [this.registry];
    this.#requests = new Counter({
      name: "http_requests_total",
      help: "Requests answered, by route template and status",
      labelNames: ["method", "route", "status"],
      registers,
    });
    this.#durations = new Histogram({
      name: "http_request_duration_seconds",
      help: "Time from the request's head to the end of its answer",
      labelNames: ["method", "route"],
      buckets: DURATION_BUCKETS_S,
      registers,
    });
    this.#inFlight = new Gauge({ name: "http_requests_in_flight", help: "Requests being worked on", registers });
    this.#dropped = new Counter({ name: "http_connections_dropped_total", help: "Connections refused at the contract's limit", registers });
  }

  connectionDropped(): void {
    this.#dropped.inc();
  }

  requestStarted(): void {
    this.#inFlight.inc();
  }

  requestFinished({ method, route, status, durationMs }: FinishedRequest): void {
    this.#inFlight.dec();
    this.#requests.inc({ method, route, status: String(status) });
    this.#durations.observe({ method, route }, durationMs / 1000);
  }
}
