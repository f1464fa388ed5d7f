import type { ServiceDeclaration } from "../../services/kit/declaration";
import type { Need } from "../../services/kit/contract";

type Kind = "Deployment" | "StatefulSet";

/** What one workload is made of. */
function workload(name: string, kind: Kind, scaled: boolean): string[] {
  return [
    `agentic-flow:workload:ServiceWorkload ${name}`,
    `kubernetes:apps/v1:${kind} ${name}`,
    `kubernetes:core/v1:Service ${name}`,
    `kubernetes:core/v1:Service ${name}-pods`,
    `kubernetes:core/v1:ServiceAccount ${name}`,
    `kubernetes:networking.k8s.io/v1:NetworkPolicy ${name}`,
    `kubernetes:policy/v1:PodDisruptionBudget ${name}`,
    ...(scaled ? [`agentic-flow:autoscaling:HorizontalAutoscaler ${name}`, `kubernetes:autoscaling/v2:HorizontalPodAutoscaler ${name}`] : []),
  ];
}

function authority(name: string): string[] {
  return [`agentic-flow:etcd:CertificateAuthority ${name}`, `tls:index/privateKey:PrivateKey ${name}`, `tls:index/selfSignedCert:SelfSignedCert ${name}`];
}

function certificate(name: string): string[] {
  return [
    `tls:index/privateKey:PrivateKey ${name}`,
    `tls:index/certRequest:CertRequest ${name}`,
    `tls:index/locallySignedCert:LocallySignedCert ${name}`,
    `kubernetes:core/v1:Secret ${name}`,
  ];
}

function password(name: string): string[] {
  return [`random:index/randomPassword:RandomPassword ${name}`, `kubernetes:core/v1:Secret ${name}`];
}

/** PostgreSQL as the region's cloud has it: one server here, an operator and its cluster elsewhere. */
function postgres(cloud: boolean, clients: readonly string[]): string[] {
  const common = [...authority("postgres-ca"), ...certificate("postgres-server"), ...clients.flatMap((client) => password(`postgres-client-${client}`))];
  if (!cloud) return [...common, "agentic-flow:datastores:SinglePostgres postgres", ...workload("postgres", "StatefulSet", false), "kubernetes:core/v1:Secret postgres-roles"];
  return [
    ...common,
    "agentic-flow:datastores:CloudNativePostgres postgres",
    "agentic-flow:datastores:PostgresOperator postgres-operator",
    "kubernetes:helm.sh/v4:Chart postgres-operator",
    "kubernetes:networking.k8s.io/v1:NetworkPolicy postgres-operator",
    "kubernetes:networking.k8s.io/v1:NetworkPolicy postgres",
    "kubernetes:postgresql.cnpg.io/v1:Cluster postgres",
    "kubernetes:postgresql.cnpg.io/v1:Database agentic-flow",
    "kubernetes:postgresql.cnpg.io/v1:ScheduledBackup postgres-nightly",
    ...clients.map((client) => `kubernetes:core/v1:Secret postgres-role-${client}`),
  ];
}

/** Every resource of a region's stack, `type name`, sorted. */
export function expectedResources(stack: string, services: readonly ServiceDeclaration[], cloud: boolean): string[] {
  const needing = (need: Need): string[] => services.filter(({ contract }) => contract.needs.includes(need)).map(({ contract }) => contract.name);
  return [
    `pulumi:pulumi:Stack agentic-flow-${stack}`,
    "agentic-flow:cluster:KubeconfigCluster region",
    "pulumi:providers:kubernetes region",

    "agentic-flow:namespace:PlatformNamespace platform",
    "kubernetes:core/v1:Namespace platform",
    "kubernetes:core/v1:LimitRange platform-limits",
    "kubernetes:core/v1:ResourceQuota platform-quota",
    "kubernetes:networking.k8s.io/v1:NetworkPolicy platform-allow-dns",
    "kubernetes:networking.k8s.io/v1:NetworkPolicy platform-default-deny",

    "agentic-flow:etcd:EtcdCluster etcd",
    "pulumi:providers:tls etcd",
    ...workload("etcd", "StatefulSet", false),
    ...authority("etcd-client-ca"),
    ...authority("etcd-peer-ca"),
    ...certificate("etcd-peer"),
    ...certificate("etcd-server"),
    ...needing("etcd").flatMap((client) => certificate(`etcd-client-${client}`)),

    "agentic-flow:datastores:DataStores datastores",
    "pulumi:providers:tls datastores",
    "pulumi:providers:random datastores",
    ...postgres(cloud, needing("postgres")),
    "agentic-flow:datastores:Redis redis",
    ...workload("redis", "StatefulSet", false),
    ...authority("redis-ca"),
    ...certificate("redis-server"),
    "kubernetes:core/v1:Secret redis-users",
    "random:index/randomPassword:RandomPassword redis-operator",
    ...needing("redis").flatMap((client) => password(`redis-client-${client}`)),
    "agentic-flow:datastores:Restate restate",
    ...workload("restate", "StatefulSet", false),
    // Several nodes are told once that they are one cluster.
    ...(cloud ? ["kubernetes:batch/v1:Job restate-provision", "kubernetes:networking.k8s.io/v1:NetworkPolicy restate-provision"] : []),

    "agentic-flow:observability:Observability observability",
    "kubernetes:core/v1:ConfigMap observability-dashboards",
    "agentic-flow:observability:OtelCollector otel-collector",
    "kubernetes:core/v1:ConfigMap otel-collector",
    ...workload("otel-collector", "Deployment", false),
    "agentic-flow:observability:Prometheus prometheus",
    "kubernetes:core/v1:ConfigMap prometheus",
    ...workload("prometheus", "StatefulSet", false),

    "agentic-flow:edge:Edge edge",
    "kubernetes:core/v1:ConfigMap edge",
    ...workload("edge", "Deployment", true),

    ...services.flatMap(({ contract }) => workload(contract.name, "Deployment", true)),
  ].sort();
}
