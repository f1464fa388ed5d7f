import type { FaultCollector } from "./faults";
import { MEMORY, resourceFields } from "./schema";
import type { Resources } from "./schema";
import { field, flag, httpUrl, integer, object, optional, share } from "./shape";

export interface PrometheusConfig extends Resources {
  /** Each keeps all of it, so that one may be missing. */
  readonly replicas: number;
  /** Volume of one replica. The history is cut short before it is full. */
  readonly storage: string;
  readonly retentionDays: number;
  /** Base URL of an Alertmanager. Without it alerts are visible in Prometheus and nobody is told. */
  readonly alertmanagerUrl: string | undefined;
  /** Where samples are sent as well, in Prometheus' remote-write protocol. */
  readonly remoteWriteUrl: string | undefined;
}

/** Sizes of the collector, and what becomes of traces and logs. */
export interface TelemetryConfig extends Resources {
  readonly replicas: number;
  /** Share of requests that are traced, decided where they begin. */
  readonly traceSampleRatio: number;
  /** Base URL of an OTLP/HTTP receiver of the user's, for traces beyond the region. */
  readonly exportUrl: string | undefined;
  /** Share of the traces that are sent there. */
  readonly exportRatio: number;
  /** Whether the logs of all containers are sent there too. Nothing in the region keeps them. */
  readonly shipLogs: boolean;
}

const MAX_REPLICAS = 20;
const MAX_RETENTION_DAYS = 400;

export const PROMETHEUS = object<PrometheusConfig>({
  ...resourceFields({ cpuRequest: "500m", memoryRequest: "2Gi", memoryLimit: "4Gi" }),
  replicas: field(integer(1, MAX_REPLICAS), 2),
  storage: field(MEMORY, "100Gi"),
  retentionDays: field(integer(1, MAX_RETENTION_DAYS), 30),
  alertmanagerUrl: optional(httpUrl()),
  remoteWriteUrl: optional(httpUrl()),
});

export const TELEMETRY = object<TelemetryConfig>({
  ...resourceFields({ cpuRequest: "250m", memoryRequest: "256Mi", memoryLimit: "512Mi" }),
  replicas: field(integer(1, MAX_REPLICAS), 2),
  traceSampleRatio: field(share(), 1),
  exportUrl: optional(httpUrl()),
  exportRatio: field(share(), 1),
  shipLogs: field(flag(), false),
});

export function checkTelemetry(telemetry: TelemetryConfig, property: string, faults: FaultCollector): void {
  faults.require(!telemetry.shipLogs || telemetry.exportUrl !== undefined, {
    property: `${property}.shipLogs`,
    actual: telemetry.shipLogs,
    rule: `needs '${property}.exportUrl': nothing in the region keeps logs`,
    wayOut: "set the one or leave out the other",
  });
}
