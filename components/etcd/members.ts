import { serviceHost } from "../../config";
import { podsServiceName } from "../workload";

export const ETCD_PORTS = { client: 2379, peer: 2380, metrics: 2381 } as const;

/** For etcd's plain HTTP answers, which nobody needs: they are on the metrics port as well. */
const LOOPBACK_HTTP_PORT = 2382;

/** Folder of the volume. The data lives one level below, in a folder that etcd itself makes readable by nobody else. */
export const DATA_MOUNT = "/var/lib/etcd";

/** Folders of the certificates inside the container. */
export const CERTIFICATE_MOUNTS = { server: "/etc/etcd/server", peer: "/etc/etcd/peer" } as const;

/** Largest database; beyond it etcd takes no writes until somebody makes room. Eight gibibytes is what its authors advise. */
const QUOTA_BYTES = 8 * 2 ** 30;
/** Largest request, as in etcd's own default. */
const MAX_REQUEST_BYTES = 1_572_864;
/** Revisions older than this are forgotten, or every write would stay for ever. */
const HISTORY_KEPT = "1h";

export interface MemberSet {
  /** Name of the StatefulSet. */
  readonly name: string;
  readonly namespace: string;
  readonly count: number;
}

/** Stable host names of the members, in order. */
export function memberHosts(set: MemberSet): string[] {
  return Array.from({ length: set.count }, (_, index) => memberHost(set, `${set.name}-${index}`));
}

function memberHost(set: MemberSet, pod: string): string {
  return serviceHost(`${pod}.${podsServiceName(set.name)}`, set.namespace);
}

/** Client URL of every member. */
export function clientEndpoints(set: MemberSet): string[] {
  return memberHosts(set).map((host) => `https://${host}:${ETCD_PORTS.client}`);
}

/** Names that the members' server certificate answers to: each member, and the Services in front of them. */
export function serverNames(set: MemberSet): string[] {
  return [...memberHosts(set), serviceHost(set.name, set.namespace), serviceHost(podsServiceName(set.name), set.namespace)];
}

/**
 * Flags of one member. `$(POD_NAME)` is replaced by Kubernetes, because the image has no shell that could.
 *
 * Everything that speaks to a member shows a certificate; health and metrics, which say nothing of the content, are on
 * a port of their own without.
 */
export function memberFlags(set: MemberSet, volumeBytes: number): string[] {
  const self = memberHost(set, "$(POD_NAME)");
  const cluster = memberHosts(set).map((host, index) => `${set.name}-${index}=https://${host}:${ETCD_PORTS.peer}`);
  return [
    "--name=$(POD_NAME)",
    `--data-dir=${DATA_MOUNT}/data`,
    `--listen-client-urls=https://0.0.0.0:${ETCD_PORTS.client}`,
    // With HTTP on the port of the clients, Go's HTTP server would stand in front of gRPC there and starve its watches.
    `--listen-client-http-urls=https://127.0.0.1:${LOOPBACK_HTTP_PORT}`,
    `--advertise-client-urls=https://${self}:${ETCD_PORTS.client}`,
    `--listen-peer-urls=https://0.0.0.0:${ETCD_PORTS.peer}`,
    `--initial-advertise-peer-urls=https://${self}:${ETCD_PORTS.peer}`,
    `--listen-metrics-urls=http://0.0.0.0:${ETCD_PORTS.metrics}`,
    `--initial-cluster=${cluster.join(",")}`,
    `--initial-cluster-token=${set.namespace}-${set.name}`,
    "--initial-cluster-state=new",
    "--strict-reconfig-check=true",
    ...tlsFlags("", CERTIFICATE_MOUNTS.server),
    "--client-cert-auth=true",
    ...tlsFlags("peer-", CERTIFICATE_MOUNTS.peer),
    "--peer-client-cert-auth=true",
    "--tls-min-version=TLS1.3",
    // Its JSON gateway would call the server with the server's own certificate, which no client check lets through.
    "--enable-grpc-gateway=false",
    `--quota-backend-bytes=${quotaBytes(volumeBytes)}`,
    `--max-request-bytes=${MAX_REQUEST_BYTES}`,
    "--auto-compaction-mode=periodic",
    `--auto-compaction-retention=${HISTORY_KEPT}`,
    "--feature-gates=InitialCorruptCheck=true",
    "--logger=zap",
    "--log-level=info",
  ];
}

function tlsFlags(prefix: "" | "peer-", folder: string): string[] {
  return [`--${prefix}cert-file=${folder}/tls.crt`, `--${prefix}key-file=${folder}/tls.key`, `--${prefix}trusted-ca-file=${folder}/ca.crt`];
}

/** Half of the volume at most: the write-ahead log, snapshots and a defragmented copy need the rest. */
function quotaBytes(volumeBytes: number): number {
  return Math.min(QUOTA_BYTES, Math.floor(volumeBytes / 2));
}
