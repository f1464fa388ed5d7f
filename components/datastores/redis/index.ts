import * as pulumi from "@pulumi/pulumi";
import { serviceHost } from "../../../config";
import type { RedisConfig } from "../../../config";
import { selectorLabels } from "../../labels";
import { podsServiceName, ServiceWorkload } from "../../workload";
import type { StoreClient } from "../../workload";
import { newPassword, storeIdentity, storeSecret } from "../credentials";
import type { StoreSurroundings } from "../surroundings";
import { aclFile, OPERATOR_USER } from "./acl";
import { REDIS_MOUNTS, REDIS_PORT, redisFlags, USER_FILES } from "./flags";
import { PING } from "./ping";

/** What one client is told of Redis. */
export interface RedisAccess {
  /** As the server's certificate has it. */
  readonly host: string;
  readonly port: number;
  /** Its user, who reaches keys and channels that begin with this name and a colon. */
  readonly user: string;
  /** Paths inside the client's container. */
  readonly passwordFile: string;
  readonly caFile: string;
}

export interface RedisArgs extends StoreSurroundings {
  /** Reference with a digest; its entrypoint is redis-server. */
  readonly image: pulumi.Input<string>;
  readonly settings: RedisConfig;
  /** Workloads that may connect. Each gets a user in its own name. */
  readonly clients: readonly string[];
}

/** The log is written down. */
const STOP_SECONDS = 30;
/** The log is read before anything is answered. */
const START_SECONDS = 300;

/**
 * The region's memory for what can be made again: caches, counters of rate limits, answers that were given a moment
 * ago. One member with a log on a volume, in a cloud as on one machine; docs/adr/0009-redis.md says why there are no replicas.
 */
export class Redis extends pulumi.ComponentResource {
  /** By name of the workload, as given in `clients`. */
  readonly clients: Readonly<Record<string, StoreClient<RedisAccess>>>;

  constructor(name: string, args: RedisArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentic-flow:datastores:Redis", name, {}, opts);
    const { cluster, namespace, settings } = args;
    const own = { parent: this };
    const host = serviceHost(name, namespace.namespace);
    const { serverSecret, credentials } = storeIdentity(name, [host, serviceHost(podsServiceName(name), namespace.namespace)], args.clients, args, own);
    const operatorPassword = newPassword(`${name}-${OPERATOR_USER}`, args, own);
    const passwords = pulumi.all(Object.fromEntries(credentials.map(([client, { password }]) => [client, password])));
    const users = storeSecret(
      `${name}-users`,
      name,
      {
        [USER_FILES.acl]: pulumi.all([passwords, operatorPassword]).apply(([services, operator]) => aclFile(services, operator)),
        [USER_FILES.operatorPassword]: operatorPassword,
      },
      args,
      own,
    );
    new ServiceWorkload(
      name,
      {
        cluster,
        namespace,
        role: "datastore",
        image: args.image,
        args: redisFlags(settings),
        replicas: { kind: "fixed", count: 1 },
        resources: { cpuRequest: settings.cpuRequest, memoryRequest: settings.memoryRequest, memoryLimit: settings.memoryLimit },
        ports: [{ name: "redis", port: REDIS_PORT, callers: args.clients.map(selectorLabels) }],
        liveness: { ...PING, failureThreshold: 6 },
        readiness: PING,
        startupSeconds: START_SECONDS,
        files: [
          { name: "tls", mountPath: REDIS_MOUNTS.tls, source: { secretName: serverSecret } },
          { name: "users", mountPath: REDIS_MOUNTS.users, source: { secretName: users.metadata.name } },
        ],
        storage: { mountPath: REDIS_MOUNTS.data, size: settings.storage },
        terminationGracePeriodSeconds: STOP_SECONDS,
      },
      own,
    );
    this.clients = Object.fromEntries(
      credentials.map(([client, { files, passwordFile, caFile }]): [string, StoreClient<RedisAccess>] => [
        client,
        {
          access: { host, port: REDIS_PORT, user: client, passwordFile, caFile },
          files: [files],
          destinations: [{ labels: selectorLabels(name), port: REDIS_PORT }],
        },
      ]),
    );
    this.registerOutputs({ host });
  }
}
