import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import type { CertificateConfig, PostgresConfig, RedisConfig, RestateConfig } from "../../config";
import type { RegionalCluster } from "../cluster";
import type { PlatformNamespace } from "../namespace";
import type { StoreClient } from "../workload";
import { postgresCluster } from "./postgres";
import type { PostgresAccess } from "./postgres";
import { Redis } from "./redis";
import type { RedisAccess } from "./redis";
import { Restate } from "./restate";
import type { RestateAccess, RestateClient } from "./restate";
import type { StoreSurroundings } from "./surroundings";

export type { RestateClient } from "./restate";

/** Names of the stores' workloads. */
export const DATASTORES = { postgres: "postgres", redis: "redis", restate: "restate" } as const;
export type DataStore = keyof typeof DATASTORES;

export interface DataStoresArgs {
  readonly cluster: RegionalCluster;
  readonly namespace: PlatformNamespace;
  /** References with digests. */
  readonly images: Readonly<Record<DataStore, pulumi.Input<string>>>;
  readonly settings: { readonly postgres: PostgresConfig; readonly redis: RedisConfig; readonly restate: RestateConfig };
  readonly certificates: CertificateConfig;
  /** Workloads that need each store. A store that nobody needs is not made. */
  readonly clients: { readonly postgres: readonly string[]; readonly redis: readonly string[]; readonly restate: readonly RestateClient[] };
}

/** How one workload uses the stores that it needs. */
export interface StoreClientsOf {
  readonly postgres?: StoreClient<PostgresAccess>;
  readonly redis?: StoreClient<RedisAccess>;
  readonly restate?: StoreClient<RestateAccess>;
}

/** What services keep beyond etcd: PostgreSQL, Redis and Restate, as far as somebody needs them. */
export class DataStores extends pulumi.ComponentResource {
  readonly #postgres: Readonly<Record<string, StoreClient<PostgresAccess>>>;
  readonly #redis: Readonly<Record<string, StoreClient<RedisAccess>>>;
  readonly #restate: Readonly<Record<string, StoreClient<RestateAccess>>>;

  constructor(name: string, args: DataStoresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentic-flow:datastores:DataStores", name, {}, opts);
    const { cluster, namespace, images, settings, certificates, clients } = args;
    const own = { parent: this };
    const around: StoreSurroundings = {
      cluster,
      namespace,
      certificates,
      tlsProvider: new tls.Provider(name, {}, own),
      randomProvider: new random.Provider(name, {}, own),
    };
    const postgres = { ...around, image: images.postgres, settings: settings.postgres, clients: clients.postgres };
    this.#postgres = clients.postgres.length === 0 ? {} : postgresCluster(DATASTORES.postgres, postgres, own).clients;
    const redis = { ...around, image: images.redis, settings: settings.redis, clients: clients.redis };
    this.#redis = clients.redis.length === 0 ? {} : new Redis(DATASTORES.redis, redis, own).clients;
    const restate = { cluster, namespace, image: images.restate, settings: settings.restate, clients: clients.restate };
    this.#restate = clients.restate.length === 0 ? {} : new Restate(DATASTORES.restate, restate, own).clients;
    this.registerOutputs({});
  }

  /** How that workload uses the stores that it was named for. */
  clientsOf(workload: string): StoreClientsOf {
    const all = { postgres: this.#postgres[workload], redis: this.#redis[workload], restate: this.#restate[workload] };
    return Object.fromEntries(Object.entries(all).filter(([, client]) => client !== undefined));
  }
}
