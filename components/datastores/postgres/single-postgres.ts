import * as pulumi from "@pulumi/pulumi";
import { parseQuantity, serviceHost } from "../../../config";
import { selectorLabels } from "../../labels";
import { podsServiceName, ServiceWorkload } from "../../workload";
import type { StoreClient } from "../../workload";
import { storeIdentity, storeSecret } from "../credentials";
import type { PostgresAccess, PostgresCluster, PostgresClusterArgs } from "./postgres-cluster";
import { POSTGRES_DATABASE, POSTGRES_PORT, roleConnections, roleOf } from "./postgres-cluster";
import { serverSettings } from "./settings";

/** Folder of the volume. The data are one level below: initdb wants a folder that nobody else can read. */
const VOLUME_MOUNT = "/var/lib/postgresql";
const MOUNTS = { roles: "/etc/postgres/roles", tls: "/etc/postgres/tls" } as const;
/** Folder of the superuser's only way in. */
const SOCKET_DIRECTORY = "/tmp/postgres";
/** Sessions are ended and everything is written down. */
const STOP_SECONDS = 60;
/** After a crash the log since the last checkpoint is read before anybody can connect. */
const START_SECONDS = 600;

/**
 * PostgreSQL as one server on one volume: the shape for one machine. Its start script makes roles and schemas from
 * mounted files, so that the program never needs a connection to it.
 */
export class SinglePostgres extends pulumi.ComponentResource implements PostgresCluster {
  readonly clients: Readonly<Record<string, StoreClient<PostgresAccess>>>;

  constructor(name: string, args: PostgresClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentic-flow:datastores:SinglePostgres", name, {}, opts);
    const { cluster, namespace, settings } = args;
    const own = { parent: this };
    const host = serviceHost(name, namespace.namespace);
    const { serverSecret, credentials } = storeIdentity(name, [host, serviceHost(podsServiceName(name), namespace.namespace)], args.clients, args, own);
    const roles = storeSecret(
      `${name}-roles`,
      name,
      Object.fromEntries(credentials.map(([client, { password }]) => [roleOf(client), password])),
      args,
      own,
    );
    const volumeBytes = parseQuantity(settings.storage) ?? 0;
    new ServiceWorkload(
      name,
      {
        cluster,
        namespace,
        role: "datastore",
        image: args.image,
        args: Object.entries(serverSettings(settings, volumeBytes)).flatMap(([setting, value]) => ["-c", `${setting}=${value}`]),
        env: {
          PGDATA: `${VOLUME_MOUNT}/data`,
          POSTGRES_DATABASE,
          POSTGRES_ROLES_DIR: MOUNTS.roles,
          POSTGRES_TLS_DIR: MOUNTS.tls,
          POSTGRES_SOCKET_DIR: SOCKET_DIRECTORY,
          POSTGRES_ROLE_CONNECTIONS: String(roleConnections(settings)),
        },
        replicas: { kind: "fixed", count: 1 },
        resources: { cpuRequest: settings.cpuRequest, memoryRequest: settings.memoryRequest, memoryLimit: settings.memoryLimit },
        ports: [{ name: "postgres", port: POSTGRES_PORT, callers: args.clients.map(selectorLabels) }],
        // It listens while it recovers from the crash of one of its processes, and must not be killed over it.
        liveness: { tcpPort: "postgres", periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
        // At the socket, as the superuser: asked over TCP, where nobody is let in without TLS, it would fill the log.
        readiness: { command: ["pg_isready", "--quiet", `--host=${SOCKET_DIRECTORY}`, "--username=postgres"], timeoutSeconds: 5 },
        startupSeconds: START_SECONDS,
        files: [
          { name: "tls", mountPath: MOUNTS.tls, source: { secretName: serverSecret } },
          { name: "roles", mountPath: MOUNTS.roles, source: { secretName: roles.metadata.name } },
        ],
        storage: { mountPath: VOLUME_MOUNT, size: settings.storage },
        terminationGracePeriodSeconds: STOP_SECONDS,
      },
      own,
    );
    this.clients = Object.fromEntries(
      credentials.map(([client, { files, passwordFile, caFile }]): [string, StoreClient<PostgresAccess>] => [
        client,
        {
          access: { host, port: POSTGRES_PORT, database: POSTGRES_DATABASE, user: roleOf(client), passwordFile, caFile },
          files: [files],
          destinations: [{ labels: selectorLabels(name), port: POSTGRES_PORT }],
        },
      ]),
    );
    this.registerOutputs({ host });
  }
}
