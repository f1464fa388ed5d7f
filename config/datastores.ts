import type { FaultCollector } from "./faults";
import type { Region } from "./regions";
import { MEMORY, resourceFields } from "./schema";
import type { Resources } from "./schema";
import { field, integer, object, oneOf, optional, text } from "./shape";

/** A place in an object store of the user's, which must outlive the region. */
export interface ObjectStoreConfig {
  /** `s3://bucket/path` or `gs://bucket/path`. */
  readonly destination: string;
}

export interface BackupConfig extends ObjectStoreConfig {
  /** Secret in the platform's namespace with `ACCESS_KEY_ID` and `ACCESS_SECRET_KEY`. Without it the pods' own cloud identity is used. */
  readonly credentialsSecret: string | undefined;
  /** How long a state of the past can be restored, in days. */
  readonly retentionDays: number;
}

export interface PostgresConfig extends Resources {
  /** One primary, the others follow it and take its place. */
  readonly instances: 1 | 3;
  /** Volume of one instance. It can grow later, not shrink. */
  readonly storage: string;
  /** Volume of one instance for its write-ahead log. Not used by a region of this machine, whose log is on the first. */
  readonly walStorage: string;
  /** Open connections of all clients together. One service may have half of them. */
  readonly maxConnections: number;
  /** Where base backups and the log go. A region in a cloud has to have it. */
  readonly backup: BackupConfig | undefined;
}

export interface RedisConfig extends Resources {
  /** Volume for its log of changes. */
  readonly storage: string;
}

export interface RestateConfig extends Resources {
  /** Chosen once: a running cluster is not resized by this number. */
  readonly nodes: 1 | 3;
  /** Volume of one node. */
  readonly storage: string;
  /** Where snapshots of its partitions go, from which a node that lost its volume starts; written with the pod's own cloud identity. More than one node needs it. */
  readonly snapshots: ObjectStoreConfig | undefined;
}

const MAX_CONNECTIONS = 5_000;
const MIN_CONNECTIONS = 20;
const MAX_RETENTION_DAYS = 400;

const DESTINATION = text(
  /^(s3|gs):\/\/[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](\/[\w.=-]+)*$/,
  "must be a place in an object store",
  "write it like s3://bucket/path or gs://bucket/path",
);
const SECRET = text(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "must be the name of a Secret", "make one in the platform's namespace and name it");

/** A region of one machine has one of everything: copies would be lost together. */
const copies = (inCloud: boolean): 1 | 3 => (inCloud ? 3 : 1);

export const postgres = (inCloud: boolean) => object<PostgresConfig>({
  ...resourceFields({ cpuRequest: "2", memoryRequest: "8Gi", memoryLimit: "8Gi" }),
  instances: field(oneOf(1, 3), copies(inCloud)),
  storage: field(MEMORY, "200Gi"),
  walStorage: field(MEMORY, "50Gi"),
  maxConnections: field(integer(MIN_CONNECTIONS, MAX_CONNECTIONS), 500),
  backup: optional(
    object<BackupConfig>({ destination: field(DESTINATION, ""), credentialsSecret: optional(SECRET), retentionDays: field(integer(1, MAX_RETENTION_DAYS), 30) }),
  ),
});

export const REDIS = object<RedisConfig>({
  ...resourceFields({ cpuRequest: "500m", memoryRequest: "2Gi", memoryLimit: "4Gi" }),
  storage: field(MEMORY, "20Gi"),
});

export const restate = (inCloud: boolean) => object<RestateConfig>({
  ...resourceFields({ cpuRequest: "1", memoryRequest: "4Gi", memoryLimit: "8Gi" }),
  nodes: field(oneOf(1, 3), copies(inCloud)),
  storage: field(MEMORY, "50Gi"),
  snapshots: optional(object<ObjectStoreConfig>({ destination: field(DESTINATION, "") })),
});

/** What the sections say together, and of the region that they are for. `at` gives a section's full key. */
export function checkDatastores(
  { postgres, restate }: { readonly postgres: PostgresConfig; readonly restate: RestateConfig },
  region: Region,
  at: (section: "postgres" | "restate") => string,
  faults: FaultCollector,
): void {
  const inCloud = region.cloud !== "local";
  faults.require(!inCloud || postgres.backup !== undefined, {
    property: `${at("postgres")}.backup`,
    actual: postgres.backup,
    rule: `must say where backups go: region '${region.name}' is in a cloud, and its data would end with it`,
    wayOut: "set its 'destination' to a bucket outside the region's own account or project",
  });
  faults.require(inCloud || postgres.instances === 1, {
    property: `${at("postgres")}.instances`,
    actual: postgres.instances,
    rule: "must be 1 on one machine, where copies would be lost together",
    wayOut: "set it to 1",
  });
  faults.require(restate.nodes === 1 || restate.snapshots !== undefined, {
    property: `${at("restate")}.snapshots`,
    actual: restate.snapshots,
    rule: `must say where snapshots go: with ${restate.nodes} nodes a node without its volume could not start`,
    wayOut: `set its 'destination', or '${at("restate")}.nodes' to 1`,
  });
  for (const [property, store] of [[`${at("postgres")}.backup`, postgres.backup], [`${at("restate")}.snapshots`, restate.snapshots]] as const) {
    faults.require(store?.destination !== "", {
      property: `${property}.destination`,
      actual: undefined,
      rule: "must be a place in an object store",
      wayOut: "write it like s3://bucket/path or gs://bucket/path",
    });
  }
}
