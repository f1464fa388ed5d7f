import { parseQuantity, serviceHost } from "../../../config";
import type { RestateConfig } from "../../../config";
import { podsServiceName } from "../../workload";

export const RESTATE_PORTS = { ingress: 8080, admin: 9070, node: 5122 } as const;

/** Folder of the volume. */
export const RESTATE_DATA = "/var/lib/restate";

/** Shares of the memory limit. What is left is for the program itself and the system's page cache. */
const MEMORY_SHARES = {
  RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: 0.35,
  RESTATE_WORKER__INVOKER__MEMORY_LIMIT: 0.15,
  RESTATE_WORKER__DATA_SERVICE_MEMORY_LIMIT: 0.05,
  RESTATE_WORKER__SELF_PROPOSAL_QUEUE_MEMORY_LIMIT: 0.05,
  RESTATE_BIFROST__RECORD_CACHE_MEMORY_SIZE: 0.05,
  RESTATE_ADMIN__QUERY_ENGINE__MEMORY_SIZE: 0.1,
} as const;

/** Chosen once; more of them than nodes, so that the nodes share the work. Each costs memory. */
const PARTITIONS = { 1: 4, 3: 24 } as const;

/** A partition's snapshot is taken when its log has grown by this many records, and the log is cut there. */
const SNAPSHOT_RECORDS = 10_000;

export interface RestateNodes {
  /** Name of the StatefulSet. */
  readonly name: string;
  readonly namespace: string;
  readonly region: string;
  readonly settings: RestateConfig;
}

/** Stable host names of the nodes, in order. */
export function nodeHosts({ name, namespace, settings }: RestateNodes): string[] {
  return Array.from({ length: settings.nodes }, (_, index) => serviceHost(`${name}-${index}.${podsServiceName(name)}`, namespace));
}

/** URL at which the nodes reach one. */
export function nodeUrl(host: string): string {
  return `http://${host}:${RESTATE_PORTS.node}`;
}

/** Settings of one node. `$(POD_NAME)` is replaced by Kubernetes. */
export function restateEnvironment(nodes: RestateNodes): Record<string, string> {
  const { name, namespace, region, settings } = nodes;
  const memory = parseQuantity(settings.memoryLimit) ?? 0;
  const majority = Math.floor(settings.nodes / 2) + 1;
  return {
    RESTATE_CLUSTER_NAME: `${namespace}-${name}-${region}`,
    RESTATE_NODE_NAME: "$(POD_NAME)",
    RESTATE_ADVERTISED_ADDRESS: nodeUrl(serviceHost(`$(POD_NAME).${podsServiceName(name)}`, namespace)),
    RESTATE_BASE_DIR: RESTATE_DATA,
    // Of several nodes none may begin by itself, or each would found a cluster of its own.
    RESTATE_AUTO_PROVISION: String(settings.nodes === 1),
    RESTATE_DEFAULT_REPLICATION: String(majority),
    RESTATE_DEFAULT_NUM_PARTITIONS: String(PARTITIONS[settings.nodes]),
    RESTATE_METADATA_CLIENT__ADDRESSES: JSON.stringify(nodeHosts(nodes).map(nodeUrl)),
    // It would report its use to its makers.
    RESTATE_DISABLE_TELEMETRY: "true",
    RESTATE_ADMIN__DISABLE_WEB_UI: "true",
    RESTATE_LOG_FORMAT: "json",
    RESTATE_SHUTDOWN_TIMEOUT: "30s",
    ...Object.fromEntries(Object.entries(MEMORY_SHARES).map(([variable, share]) => [variable, `${Math.floor((memory * share) / 2 ** 20)}MiB`])),
    ...(settings.snapshots === undefined
      ? {}
      : {
          RESTATE_WORKER__SNAPSHOTS__DESTINATION: settings.snapshots.destination,
          RESTATE_WORKER__SNAPSHOTS__SNAPSHOT_INTERVAL_NUM_RECORDS: String(SNAPSHOT_RECORDS),
        }),
  };
}
