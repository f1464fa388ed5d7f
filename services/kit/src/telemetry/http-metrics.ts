import type { Attributes, Counter, Histogram, Meter, UpDownCounter } from "@opentelemetry/api";

/** Requests that match no route share this label value: paths a caller makes up must not become new series. */
export const UNMATCHED_ROUTE = "unmatched";
/** Methods nobody standardised share this value, for the same reason. */
const OTHER_METHOD = "_OTHER";
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "QUERY"]);

export interface FinishedRequest {
  readonly method: string;
  /** Path template of the contract, such as `/api/v1/agents/{id}`, or `UNMATCHED_ROUTE`. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}

/** What a server counts of its requests. */
export class HttpMetrics {
  readonly #durations: Histogram;
  readonly #active: UpDownCounter;
  readonly #dropped: Counter;
  readonly #planned: Counter;

  constructor(meter: Meter) {
    this.#durations = meter.createHistogram("http.server.request.duration", {
      unit: "s",
      description: "Time from the request's head to the end of its answer",
    });
    this.#active = meter.createUpDownCounter("http.server.active_requests", { description: "Requests being worked on" });
    this.#dropped = meter.createCounter("http.server.dropped_connections", { description: "Connections refused at the contract's limit" });
    this.#planned = meter.createCounter("planned_route.requests", { description: "Requests for operations that are published and not built" });
    this.#active.add(0);
    this.#dropped.add(0);
  }

  connectionDropped(): void {
    this.#dropped.add(1);
  }

  requestStarted(): void {
    this.#active.add(1);
  }

  requestFinished({ method, route, status, durationMs }: FinishedRequest): void {
    this.#active.add(-1);
    const attributes: Attributes = {
      "http.request.method": METHODS.has(method) ? method : OTHER_METHOD,
      "http.route": route,
      "http.response.status_code": status,
    };
    this.#durations.record(durationMs / 1000, attributes);
  }

  /** Shows an operation with a count of zero, so that nobody asking for it can be told from nobody counting. */
  plannedPublished(operation: string): void {
    this.#planned.add(0, { operation });
  }

  /** @param operation id of the operation in the contract */
  plannedRequested(operation: string): void {
    this.#planned.add(1, { operation });
  }
}
