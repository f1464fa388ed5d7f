import { parseQuantity } from "../../../config";
import type { PrometheusConfig } from "../../../config";
import { CONFIG_FILES, CONFIG_MOUNT, PROMETHEUS_PORT } from "./scrape";

/** Folder of the volume; the data lives one level below, in a folder that Prometheus itself makes. */
export const DATA_MOUNT = "/var/lib/prometheus";

/** Share of the volume that the history may fill; the rest is for its log and for what is being compacted. */
const HISTORY_SHARE = 0.7;
/** Share of the memory limit at which Go collects garbage more eagerly rather than be killed. */
const MEMORY_SHARE = 0.9;

const QUERY_TIMEOUT_SECONDS = 30;
const MAX_QUERIES = 10;
/** Samples that one query may hold in memory at once: about 80 MB. */
const MAX_QUERY_SAMPLES = 5_000_000;
const MAX_CONNECTIONS = 256;

/** Prometheus' flags. Reload and shutdown by HTTP, and its administration, stay off, as they are by default. */
export function prometheusFlags({ storage, retentionDays }: PrometheusConfig): string[] {
  return [
    `--config.file=${CONFIG_MOUNT}/${CONFIG_FILES.main}`,
    `--storage.tsdb.path=${DATA_MOUNT}/data`,
    `--storage.tsdb.retention.time=${retentionDays}d`,
    `--storage.tsdb.retention.size=${Math.floor((parseQuantity(storage) ?? 0) * HISTORY_SHARE)}B`,
    `--web.listen-address=0.0.0.0:${PROMETHEUS_PORT}`,
    `--web.max-connections=${MAX_CONNECTIONS}`,
    `--query.timeout=${QUERY_TIMEOUT_SECONDS}s`,
    `--query.max-concurrency=${MAX_QUERIES}`,
    `--query.max-samples=${MAX_QUERY_SAMPLES}`,
    // The replica's name comes from its environment: all replicas read one file.
    "--enable-feature=expand-external-labels",
    "--log.format=json",
  ];
}

/** `GOMEMLIMIT` of a Go process with this memory limit. */
export function memoryBound(memoryLimit: string): string {
  return `${Math.floor(((parseQuantity(memoryLimit) ?? 0) * MEMORY_SHARE) / 2 ** 20)}MiB`;
}
