import type { Context, Counter } from "@opentelemetry/api";
import { ExportResultCode } from "@opentelemetry/core";
import type { ExportResult } from "@opentelemetry/core";
import { BatchSpanProcessor } from "@opentelemetry/sdk-trace";
import type { ReadableSpan, Span, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";
import type { Logger } from "../logger";

/** Finished spans that wait for the collector, those on their way included; further ones are dropped. */
export const MAX_WAITING_SPANS = 2_048;
const MAX_BATCH = 512;
const EXPORT_EVERY_MS = 1_000;
const EXPORT_TIMEOUT_MS = 5_000;
/** At most one line about lost spans in this time, with how many they were. */
const LOSS_LOG_EVERY_MS = 60_000;

export interface BoundedSpansArgs {
  readonly exporter: SpanExporter;
  readonly logger: Logger;
  /** Counts lost spans, by reason. */
  readonly lost: Counter;
}

/**
 * Hands finished spans to an exporter in batches. A collector that is slow or gone costs a bounded amount of memory and
 * nothing else: what does not fit or does not arrive is counted, and logged once in a while.
 */
export class BoundedSpans implements SpanProcessor {
  readonly #args: BoundedSpansArgs;
  readonly #batches: BatchSpanProcessor;
  #waiting = 0;
  #unreported = 0;
  #lastReportAt = -Infinity;

  constructor(args: BoundedSpansArgs) {
    this.#args = args;
    const exporter: SpanExporter = {
      export: (spans, done) => args.exporter.export(spans, (result) => this.#exported(spans.length, result, done)),
      shutdown: () => args.exporter.shutdown(),
      forceFlush: async () => args.exporter.forceFlush?.(),
    };
    this.#batches = new BatchSpanProcessor({
      exporter,
      // The bound is kept here, where a dropped span is seen; the queue inside never fills.
      maxQueueSize: MAX_WAITING_SPANS + 1,
      maxExportBatchSize: MAX_BATCH,
      scheduledDelayMillis: EXPORT_EVERY_MS,
      exportTimeoutMillis: 2 * EXPORT_TIMEOUT_MS,
    });
  }

  onStart(span: Span, parent: Context): void {
    this.#batches.onStart(span, parent);
  }

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & 1) === 0) return;
    if (this.#waiting >= MAX_WAITING_SPANS) return this.#lose(1, "queue full");
    this.#waiting += 1;
    this.#batches.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.#batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#batches.shutdown();
  }

  #exported(count: number, result: ExportResult, done: (result: ExportResult) => void): void {
    this.#waiting -= count;
    if (result.code === ExportResultCode.SUCCESS) return done(result);
    this.#lose(count, "export failed", result.error);
    // Told and counted here; the processor's own report would be a line per batch.
    done({ code: ExportResultCode.SUCCESS });
  }

  #lose(count: number, reason: "queue full" | "export failed", cause?: Error): void {
    this.#args.lost.add(count, { reason });
    this.#unreported += count;
    const now = performance.now();
    if (now - this.#lastReportAt < LOSS_LOG_EVERY_MS) return;
    this.#args.logger.warn({ lost: this.#unreported, reason, err: cause }, "spans were lost; the collector cannot take them");
    this.#lastReportAt = now;
    this.#unreported = 0;
  }
}

/** Options of OTLP exporters that keep them from piling up behind a collector that does not answer. */
export const OTLP_LIMITS = { timeoutMillis: EXPORT_TIMEOUT_MS, concurrencyLimit: 4 } as const;
