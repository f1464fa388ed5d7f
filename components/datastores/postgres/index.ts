import type * as pulumi from "@pulumi/pulumi";
import { FaultCollector } from "../../../config";
import { checkClients } from "../clients";
import { CloudNativePostgres } from "./cloud-native-postgres";
import type { PostgresCluster, PostgresClusterArgs } from "./postgres-cluster";
import { SinglePostgres } from "./single-postgres";

export { POSTGRES_DATABASE, POSTGRES_PORT } from "./postgres-cluster";
export type { PostgresAccess, PostgresCluster, PostgresClusterArgs } from "./postgres-cluster";

/**
 * The PostgreSQL of a region, of the shape that its cloud asks for.
 *
 * @throws FaultsError that lists everything that is wrong with the arguments.
 */
export function postgresCluster(name: string, args: PostgresClusterArgs, opts?: pulumi.ComponentResourceOptions): PostgresCluster {
  const faults = new FaultCollector();
  checkClients(args.clients, faults);
  faults.throwIfAny(`args of PostgresCluster '${name}'`);
  return args.cluster.region.cloud === "local" ? new SinglePostgres(name, args, opts) : new CloudNativePostgres(name, args, opts);
}
