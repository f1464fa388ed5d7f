/** Ports of the collector's container. */
export const COLLECTOR_PORTS = { otlp: 4318, metrics: 8888, health: 13133 } as const;

export const CONFIG_MOUNT = "/etc/otel-collector";
export const CONFIG_FILE = "collector.json";

/** Share of the memory limit at which data is refused, and the part of it that a burst may take between two checks. */
const MEMORY_SHARE = 0.75;
const MEMORY_SPIKE_SHARE = 0.2;

const MAX_REQUEST_BYTES = 4 * 2 ** 20;
/** Spans of one batch, and how long they wait for one another. */
const BATCH = { timeout: "1s", send_batch_size: 512, send_batch_max_size: 1_024 } as const;
/** Batches that wait for a receiver which is slow or away; further ones are dropped, and counted. */
const QUEUE = { enabled: true, num_consumers: 2, queue_size: 200 } as const;
const RETRY = { enabled: true, initial_interval: "1s", max_interval: "15s", max_elapsed_time: "120s" } as const;
const EXPORT_TIMEOUT = "10s";
/** Takes what nobody wants. A receiver without a pipeline would answer the services with errors. */
const NOWHERE = { verbosity: "basic", use_internal_logger: false, output_paths: ["/dev/null"] } as const;

export interface CollectorConfiguration {
  /** URL that spans are posted to as OTLP in JSON, whole; undefined where nothing in the region keeps them. */
  readonly tracesUrl: string | undefined;
  /** Base URL of an OTLP/HTTP receiver of the user's. */
  readonly exportUrl: string | undefined;
  /** Share of the traces that are sent there, from 0 to 1. */
  readonly exportRatio: number;
  readonly memoryLimitBytes: number;
}

/**
 * The collector's whole configuration, as the object that its file holds. Pure.
 *
 * Spans go to the region's own store, and a share of them to the user's. Metrics are read from the services themselves;
 * what they push goes to the user's receiver, or nowhere: kept here as well, all would count twice.
 */
export function collectorConfiguration(args: CollectorConfiguration): object {
  const { tracesUrl, exportUrl } = args;
  const keeping = tracesUrl !== undefined;
  const exporting = exportUrl !== undefined;
  return {
    receivers: { otlp: { protocols: { http: { endpoint: `0.0.0.0:${COLLECTOR_PORTS.otlp}`, max_request_body_size: MAX_REQUEST_BYTES } } } },
    processors: {
      memory_limiter: memoryLimiter(args.memoryLimitBytes),
      batch: BATCH,
      // By the hash of the trace's number, so that all replicas choose the same traces, and choose them whole.
      ...(exporting ? { probabilistic_sampler: { sampling_percentage: args.exportRatio * 100 } } : {}),
    },
    exporters: {
      ...(keeping ? { "otlp_http/region": { traces_endpoint: tracesUrl, encoding: "json", compression: "none", ...sending() } } : {}),
      ...(exporting ? { "otlp_http/outside": { endpoint: exportUrl, ...sending() } } : {}),
      ...(keeping && exporting ? {} : { debug: NOWHERE }),
    },
    extensions: { health_check: { endpoint: `0.0.0.0:${COLLECTOR_PORTS.health}` } },
    service: {
      extensions: ["health_check"],
      telemetry: selfTelemetry(COLLECTOR_PORTS.metrics),
      pipelines: {
        "traces/region": { receivers: ["otlp"], processors: ["memory_limiter", "batch"], exporters: [keeping ? "otlp_http/region" : "debug"] },
        ...(exporting
          ? { "traces/outside": { receivers: ["otlp"], processors: ["memory_limiter", "probabilistic_sampler", "batch"], exporters: ["otlp_http/outside"] } }
          : {}),
        metrics: { receivers: ["otlp"], processors: ["memory_limiter"], exporters: [exporting ? "otlp_http/outside" : "debug"] },
      },
    },
  };
}

/** Bounds of what is sent on: how long, how often, and how much waits meanwhile. */
export function sending(): object {
  return { timeout: EXPORT_TIMEOUT, sending_queue: QUEUE, retry_on_failure: RETRY };
}

/** Refuses data before the process is killed for its memory. */
export function memoryLimiter(limitBytes: number): object {
  const mebibytes = limitBytes / 2 ** 20;
  return {
    check_interval: "1s",
    limit_mib: Math.floor(mebibytes * MEMORY_SHARE),
    spike_limit_mib: Math.floor(mebibytes * MEMORY_SPIKE_SHARE),
  };
}

/** The collector's own logs and metrics. */
export function selfTelemetry(port: number): object {
  // Names as the collector's documentation has them, whatever suffixes the format would add.
  const names = { without_scope_info: true, without_type_suffix: true, without_units: true };
  return {
    logs: { level: "info", encoding: "json" },
    metrics: { level: "normal", readers: [{ pull: { exporter: { prometheus: { host: "0.0.0.0", port, ...names } } } }] },
  };
}
