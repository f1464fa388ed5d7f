import { parseQuantity } from "../../../config";
import type { PostgresConfig } from "../../../config";

const MEBIBYTE = 2 ** 20;
const KIBIBYTE = 2 ** 10;

/** A checkpoint is due when the log has grown to this, or to a quarter of its volume. */
const MAX_WAL_BYTES = 8 * 2 ** 30;
const MIN_WAL_BYTES = 64 * MEBIBYTE;
const MAX_MAINTENANCE_BYTES = 2 ** 30;
/** A sort in less than this is slower on disk than it is worth. */
const MIN_WORK_BYTES = MEBIBYTE;
const MAX_WORK_BYTES = 64 * MEBIBYTE;
/** Statements that take longer are logged. */
const SLOW_STATEMENT_MS = 1_000;

/**
 * Settings of the server, as far as they follow from its memory limit and its volume; the rest are PostgreSQL's own.
 *
 * A quarter of the memory is shared buffers, a quarter is divided among the sorts of all connections, and the rest is
 * left to the processes and to the system's page cache, which counts towards the limit.
 */
export function serverSettings(settings: PostgresConfig, walBytes: number): Record<string, string> {
  const memory = parseQuantity(settings.memoryLimit) ?? 0;
  return {
    max_connections: String(settings.maxConnections),
    shared_buffers: kilobytes(memory / 4),
    effective_cache_size: kilobytes(memory / 2),
    maintenance_work_mem: kilobytes(Math.min(memory / 16, MAX_MAINTENANCE_BYTES)),
    work_mem: kilobytes(Math.min(Math.max(memory / 4 / settings.maxConnections, MIN_WORK_BYTES), MAX_WORK_BYTES)),
    max_wal_size: megabytes(Math.max(Math.min(walBytes / 4, MAX_WAL_BYTES), MIN_WAL_BYTES)),
    // Random reads of a cloud's volumes cost little more than sequential ones.
    random_page_cost: "1.1",
    wal_compression: "on",
    password_encryption: "scram-sha-256",
    log_min_duration_statement: String(SLOW_STATEMENT_MS),
    log_lock_waits: "on",
  };
}

function kilobytes(bytes: number): string {
  return `${Math.floor(bytes / KIBIBYTE)}kB`;
}

function megabytes(bytes: number): string {
  return `${Math.floor(bytes / MEBIBYTE)}MB`;
}
