import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MetricReader } from "@opentelemetry/sdk-metrics";
import type { MetricData, ResourceMetrics } from "@opentelemetry/sdk-metrics";

/** Content type of Prometheus' text format. */
export const PROMETHEUS_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8";
/** Attributes of the process that become labels of every series. */
const CONSTANT_LABELS = /^(service\.name|region)$/;
/** OpenTelemetry keeps the unit beside the name; Prometheus wants it as the last word of the name. */
const UNIT_WORDS: Readonly<Record<string, string>> = { s: "_seconds", By: "_bytes" };

/** Collects when it is asked to, for `/metrics`. */
export class PrometheusReader extends MetricReader {
  readonly #serializer = new PrometheusSerializer(undefined, false, CONSTANT_LABELS, true, true);

  /** All metrics in Prometheus' text format. */
  async text(): Promise<string> {
    const { resourceMetrics } = await this.collect();
    return `${this.#serializer.serialize(withUnits(resourceMetrics)).trimEnd()}\n`;
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}

function withUnits(all: ResourceMetrics): ResourceMetrics {
  return { ...all, scopeMetrics: all.scopeMetrics.map((scope) => ({ ...scope, metrics: scope.metrics.map(withUnit) })) };
}

function withUnit(metric: MetricData): MetricData {
  const { descriptor } = metric;
  const name = `${descriptor.name}${UNIT_WORDS[descriptor.unit] ?? ""}`;
  // The '# UNIT' line belongs to OpenMetrics and is not part of this format.
  return { ...metric, descriptor: { ...descriptor, name, unit: "" } };
}
