import { memoryLimiter, selfTelemetry, sending } from "../collector/configuration";

/** Ports of the shipper's container. */
export const SHIPPER_PORTS = { metrics: 8888, health: 13133 } as const;

/** Where the kubelet keeps what containers write, on every node. */
export const NODE_LOGS = "/var/log/pods";

/** Longest line that is shipped; the rest of it is cut off. */
const MAX_LINE = "64KiB";
const MAX_OPEN_FILES = 512;
const BATCH = { timeout: "2s", send_batch_size: 1_000, send_batch_max_size: 2_000 } as const;

export interface LogShipperConfiguration {
  readonly region: string;
  /** Namespaces whose containers are read. */
  readonly namespaces: readonly string[];
  /** Base URL of an OTLP/HTTP receiver of the user's. */
  readonly exportUrl: string;
  readonly memoryLimitBytes: number;
}

/**
 * Reads the files of a node's containers and sends them on, with the names that their paths hold. Pure.
 *
 * After a restart it begins at the end of every file: lines written meanwhile are not shipped. They stay on the node
 * until the kubelet rotates them.
 */
export function logShipperConfiguration(args: LogShipperConfiguration): object {
  return {
    receivers: {
      filelog: {
        include: args.namespaces.map((namespace) => `${NODE_LOGS}/${namespace}_*/*/*.log`),
        start_at: "end",
        include_file_path: true,
        include_file_name: false,
        max_log_size: MAX_LINE,
        max_concurrent_files: MAX_OPEN_FILES,
        operators: [{ type: "container", id: "container" }],
      },
    },
    processors: {
      memory_limiter: memoryLimiter(args.memoryLimitBytes),
      resource: { attributes: [{ key: "cloud.region", value: args.region, action: "upsert" }] },
      batch: BATCH,
    },
    exporters: { otlp_http: { endpoint: args.exportUrl, ...sending() } },
    extensions: { health_check: { endpoint: `0.0.0.0:${SHIPPER_PORTS.health}` } },
    service: {
      extensions: ["health_check"],
      telemetry: selfTelemetry(SHIPPER_PORTS.metrics),
      pipelines: { logs: { receivers: ["filelog"], processors: ["memory_limiter", "resource", "batch"], exporters: ["otlp_http"] } },
    },
  };
}
