import type * as pulumi from "@pulumi/pulumi";
import type { PostgresConfig } from "../../../config";
import type { StoreClient } from "../../workload";
import type { StoreSurroundings } from "../surroundings";

export const POSTGRES_PORT = 5432;

/** The one database of a region; each service has a schema of its own in it. */
export const POSTGRES_DATABASE = "agentic_flow";

/** What one client is told of PostgreSQL. */
export interface PostgresAccess {
  /** As the server's certificate has it. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** Its role, and the schema that it owns. */
  readonly user: string;
  /** Paths inside the client's container. */
  readonly passwordFile: string;
  readonly caFile: string;
}

export interface PostgresClusterArgs extends StoreSurroundings {
  /** Reference with a digest. */
  readonly image: pulumi.Input<string>;
  readonly settings: PostgresConfig;
  /** Workloads that may connect. Each gets a role and a schema in its own name. */
  readonly clients: readonly string[];
}

/** A region's PostgreSQL, whatever runs it. Nothing that stands on it asks which that is. */
export interface PostgresCluster extends pulumi.Resource {
  /** By name of the workload, as given in `clients`. */
  readonly clients: Readonly<Record<string, StoreClient<PostgresAccess>>>;
}

/** Role and schema of a workload: PostgreSQL wants no dashes in a name that nobody quotes. */
export function roleOf(workload: string): string {
  return workload.replaceAll("-", "_");
}

/** No service can take all connections away from the others. */
export function roleConnections(settings: PostgresConfig): number {
  return Math.floor(settings.maxConnections / 2);
}
