import type * as pulumi from "@pulumi/pulumi";
import { parseQuantity } from "../../../config";
import type { BackupConfig, PostgresConfig } from "../../../config";
import type { Labels } from "../../labels";
import { POSTGRES_DATABASE, roleConnections, roleOf } from "./postgres-cluster";
import { serverSettings } from "./settings";

/** Roles in this group may connect. */
const GROUP = "services";
/** Owns the database, and cannot log in. */
const OWNER = "agentic_flow_owner";

/** As the start script of the single shape sets them for each role. Backups and maintenance set their own. */
const TIMEOUTS = { statement_timeout: "30s", idle_in_transaction_session_timeout: "60s" } as const;

/** A primary that nobody hears from is replaced after this. */
const FAILOVER_DELAY_SECONDS = 0;
const STOP_SECONDS = 60;

export interface ClusterSpecArgs {
  readonly settings: PostgresConfig;
  readonly image: pulumi.Input<string>;
  readonly storageClass: string | undefined;
  readonly zones: number;
  readonly labels: Labels;
  readonly serviceAccountAnnotations: Readonly<Record<string, pulumi.Input<string>>>;
  /** Secret with the server's certificate, its key and its authority. */
  readonly serverSecret: pulumi.Input<string>;
  /** Name of the Secret with each client's password, by client. */
  readonly passwordSecrets: Readonly<Record<string, pulumi.Input<string>>>;
}

/** `spec` of CloudNativePG's Cluster. */
export function clusterSpec(args: ClusterSpecArgs): Record<string, unknown> {
  const { settings, storageClass, labels, serverSecret } = args;
  const volume = (size: string) => ({ size, ...(storageClass === undefined ? {} : { storageClass }) });
  return {
    instances: settings.instances,
    imageName: args.image,
    inheritedMetadata: { labels },
    storage: volume(settings.storage),
    walStorage: volume(settings.walStorage),
    resources: { requests: { cpu: settings.cpuRequest, memory: settings.memoryRequest }, limits: { memory: settings.memoryLimit } },
    affinity: {
      enablePodAntiAffinity: true,
      podAntiAffinityType: args.zones > 1 ? "required" : "preferred",
      topologyKey: args.zones > 1 ? "topology.kubernetes.io/zone" : "kubernetes.io/hostname",
    },
    enablePDB: true,
    enableSuperuserAccess: false,
    primaryUpdateStrategy: "unsupervised",
    primaryUpdateMethod: "switchover",
    failoverDelay: FAILOVER_DELAY_SECONDS,
    stopDelay: STOP_SECONDS,
    seccompProfile: { type: "RuntimeDefault" },
    serviceAccountTemplate: { metadata: { annotations: { ...args.serviceAccountAnnotations } } },
    certificates: { serverTLSSecret: serverSecret, serverCASecret: serverSecret },
    monitoring: { enablePodMonitor: false },
    bootstrap: { initdb: initdb() },
    postgresql: {
      parameters: { ...serverSettings(settings, parseQuantity(settings.walStorage) ?? 0), ...TIMEOUTS, ssl_min_protocol_version: "TLSv1.3" },
      pg_hba: [`hostssl ${POSTGRES_DATABASE} +${GROUP} all scram-sha-256`, "host all all all reject"],
      // A commit is acknowledged when one more instance has it: the loss of the primary loses none.
      ...(settings.instances > 1 ? { synchronous: { method: "any", number: 1, dataDurability: "required" } } : {}),
    },
    managed: { roles: managedRoles(args) },
    ...(settings.backup === undefined ? {} : { backup: backup(settings.backup) }),
  };
}

/** Runs once, when the database is made. */
function initdb(): Record<string, unknown> {
  return {
    database: POSTGRES_DATABASE,
    owner: OWNER,
    encoding: "UTF8",
    localeProvider: "builtin",
    builtinLocale: "C.UTF-8",
    localeCollate: "C",
    localeCType: "C",
    dataChecksums: true,
    postInitApplicationSQL: [
      `CREATE ROLE ${GROUP} NOLOGIN`,
      `REVOKE ALL ON DATABASE ${POSTGRES_DATABASE} FROM PUBLIC`,
      `GRANT CONNECT, TEMPORARY ON DATABASE ${POSTGRES_DATABASE} TO ${GROUP}`,
      "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    ],
  };
}

function managedRoles({ settings, passwordSecrets }: ClusterSpecArgs): unknown[] {
  return Object.entries(passwordSecrets).map(([client, secret]) => ({
    name: roleOf(client),
    ensure: "present",
    login: true,
    inherit: true,
    inRoles: [GROUP],
    connectionLimit: roleConnections(settings),
    passwordSecret: { name: secret },
  }));
}

/** `spec` of CloudNativePG's Database: the schema of each client, and pgvector. */
export function databaseSpec(cluster: string, clients: readonly string[]): Record<string, unknown> {
  return {
    cluster: { name: cluster },
    name: POSTGRES_DATABASE,
    owner: OWNER,
    ensure: "present",
    // What is no longer declared keeps its data.
    databaseReclaimPolicy: "retain",
    extensions: [{ name: "vector", ensure: "present", schema: "public" }],
    schemas: clients.map((client) => ({ name: roleOf(client), owner: roleOf(client), ensure: "present" })),
  };
}

function backup({ destination, credentialsSecret, retentionDays }: BackupConfig): Record<string, unknown> {
  return {
    retentionPolicy: `${retentionDays}d`,
    barmanObjectStore: {
      destinationPath: destination,
      ...(destination.startsWith("gs://") ? googleCredentials(credentialsSecret) : amazonCredentials(credentialsSecret)),
      wal: { compression: "gzip" },
      data: { compression: "gzip" },
    },
  };
}

function amazonCredentials(secret: string | undefined): Record<string, unknown> {
  const key = (name: string) => ({ name: secret, key: name });
  return {
    s3Credentials:
      secret === undefined ? { inheritFromIAMRole: true } : { accessKeyId: key("ACCESS_KEY_ID"), secretAccessKey: key("ACCESS_SECRET_KEY") },
  };
}

function googleCredentials(secret: string | undefined): Record<string, unknown> {
  return {
    googleCredentials: secret === undefined ? { gkeEnvironment: true } : { applicationCredentials: { name: secret, key: "GOOGLE_APPLICATION_CREDENTIALS" } },
  };
}
