export { extractContext, failSpan, injectContext, traceOf, withSpan } from "./context";
export type { Carrier, SpanArgs, Trace } from "./context";
export { HttpMetrics, UNMATCHED_ROUTE } from "./http-metrics";
export type { FinishedRequest } from "./http-metrics";
export { PROMETHEUS_MEDIA_TYPE } from "./prometheus";
export { createTelemetry } from "./telemetry";
export type { Telemetry, TelemetryArgs } from "./telemetry";
