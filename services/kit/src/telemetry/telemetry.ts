import type { Meter, Tracer } from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { Resource } from "@opentelemetry/resources";
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import type { ViewOptions } from "@opentelemetry/sdk-metrics";
import { ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from "@opentelemetry/sdk-trace";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { Logger } from "../logger";
import { holdContext } from "./context";
import { PrometheusReader } from "./prometheus";
import { measureProcess } from "./process-metrics";
import { BoundedSpans, OTLP_LIMITS } from "./spans";

/** Upper bounds in seconds: fine around the project's targets (15 ms registration, 100 ms request path). */
export const DURATION_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const METRICS_EVERY_MS = 15_000;
const METRICS_TIMEOUT_MS = 5_000;
/** How long the last spans and metrics may take at the end; then they are given up. */
const FLUSH_DEADLINE_MS = 2_000;
const MAX_ATTRIBUTES = 64;
const MAX_ATTRIBUTE_LENGTH = 1_024;
const SCOPE = "agentic-flow";

export interface TelemetryArgs {
  readonly service: string;
  readonly version: string;
  readonly region: string;
  /** Tells replicas apart: the pod's name. */
  readonly instance: string;
  /** Base URL of a collector's OTLP/HTTP port. Absent: nothing is exported; spans and `/metrics` work all the same. */
  readonly endpoint?: string | undefined;
  /** Share of new traces that are recorded, 0 to 1. A caller's own decision is kept. @default 1 */
  readonly sampleRatio?: number;
  readonly logger: Logger;
  /** Gets the spans instead of the collector. @default OTLP when there is an `endpoint`, else none */
  readonly spanExporter?: SpanExporter;
}

/** Traces and metrics of one process. */
export interface Telemetry {
  readonly tracer: Tracer;
  readonly meter: Meter;
  /** All metrics in Prometheus' text format. */
  readonly prometheus: () => Promise<string>;
  readonly forceFlush: () => Promise<void>;
  /** Sends what is left, for two seconds at the most; never rejects. Calling it again returns the same promise. */
  readonly shutdown: () => Promise<void>;
}

export function createTelemetry(args: TelemetryArgs): Telemetry {
  const letGo = holdContext();
  const resource = resourceFromAttributes({
    "service.namespace": "agentic-flow",
    "service.name": args.service,
    "service.version": args.version,
    "service.instance.id": args.instance,
    region: args.region,
  });
  const { meters, reader } = makeMeters(args, resource);
  const meter = meters.getMeter(SCOPE);
  const tracers = makeTracers(args, resource, meter);
  const stopMeasuring = measureProcess(meter);
  const forceFlush = async (): Promise<void> => {
    await Promise.all([tracers.forceFlush(), meters.forceFlush()]);
  };
  const end = async (): Promise<void> => {
    stopMeasuring();
    const lost = await withinMs(FLUSH_DEADLINE_MS, async () => {
      await Promise.allSettled([tracers.shutdown(), meters.shutdown()]);
    });
    if (lost) args.logger.warn({ deadlineMs: FLUSH_DEADLINE_MS }, "the last spans and metrics could not be sent in time");
    letGo();
  };
  let ending: Promise<void> | undefined;
  return { tracer: tracers.getTracer(SCOPE), meter, prometheus: () => reader.text(), forceFlush, shutdown: () => (ending ??= end()) };
}

function makeMeters({ endpoint }: TelemetryArgs, resource: Resource): { meters: MeterProvider; reader: PrometheusReader } {
  const reader = new PrometheusReader();
  const durations: ViewOptions = {
    instrumentName: "*.duration",
    aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: DURATION_BUCKETS_S, recordMinMax: false } },
  };
  const pushed =
    endpoint === undefined ? [] : [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ url: `${base(endpoint)}/v1/metrics`, ...OTLP_LIMITS }),
        exportIntervalMillis: METRICS_EVERY_MS,
        exportTimeoutMillis: METRICS_TIMEOUT_MS,
      }),
    ];
  return { reader, meters: new MeterProvider({ resource, views: [durations], readers: [reader, ...pushed] }) };
}

function makeTracers({ endpoint, spanExporter, sampleRatio, logger }: TelemetryArgs, resource: Resource, meter: Meter): TracerProvider {
  const lost = meter.createCounter("otel.spans.lost", { description: "Finished spans that did not reach the collector" });
  const exporter = spanExporter ?? (endpoint === undefined ? undefined : new OTLPTraceExporter({ url: `${base(endpoint)}/v1/traces`, ...OTLP_LIMITS }));
  return new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio ?? 1) }),
    spanLimits: { attributeCountLimit: MAX_ATTRIBUTES, attributeValueLengthLimit: MAX_ATTRIBUTE_LENGTH },
    spanProcessors: exporter === undefined ? [] : [new BoundedSpans({ exporter, logger, lost })],
  });
}

function base(endpoint: string): string {
  return endpoint.replace(/\/+$/, "");
}

/** @returns whether the work was not done in time; it is not waited for any longer. */
async function withinMs(limitMs: number, work: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<true>((resolve) => (timer = setTimeout(() => resolve(true), limitMs)));
  try {
    return await Promise.race([work().then(() => false), late]);
  } finally {
    clearTimeout(timer);
  }
}
