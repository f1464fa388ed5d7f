import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { FaultsError, serviceHost } from "../../../config";
import { selectorLabels, workloadLabels } from "../../labels";
import type { StoreClient } from "../../workload";
import { storeIdentity, storeSecret } from "../credentials";
import { clusterSpec, databaseSpec } from "./cluster-spec";
import { PostgresOperator } from "./operator";
import { CLOUD_IDENTITY } from "../surroundings";
import type { PostgresAccess, PostgresCluster, PostgresClusterArgs } from "./postgres-cluster";
import { POSTGRES_DATABASE, POSTGRES_PORT, roleOf } from "./postgres-cluster";

const API_VERSION = "postgresql.cnpg.io/v1";
const STATUS_PORT = 8000;
/** Every night at three, when the fewest write. Seconds come first. */
const BASE_BACKUPS = "0 0 3 * * *";

/** PostgreSQL over the zones of a region, kept by CloudNativePG: a primary, two that follow it, backups in an object store. */
export class CloudNativePostgres extends pulumi.ComponentResource implements PostgresCluster {
  readonly clients: Readonly<Record<string, StoreClient<PostgresAccess>>>;

  readonly #name: string;
  readonly #args: PostgresClusterArgs;
  /** Labels that the operator gives to the instances' pods. */
  readonly #instances: Readonly<Record<string, string>>;

  constructor(name: string, args: PostgresClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentic-flow:datastores:CloudNativePostgres", name, {}, opts);
    this.#name = name;
    this.#args = args;
    this.#instances = { "cnpg.io/cluster": name };
    const { cluster, namespace, settings } = args;
    if (settings.backup === undefined) {
      throw new FaultsError(`args of CloudNativePostgres '${name}'`, [
        { property: "settings.backup", actual: undefined, rule: "must say where backups go", wayOut: "set its destination to a bucket that outlives the region" },
      ]);
    }
    const own = { parent: this };
    const { serverSecret, credentials } = storeIdentity(name, this.#serverNames(), args.clients, args, own);
    const passwordSecrets = credentials.map(([client, { password }]) => {
      const secret = storeSecret(`${name}-role-${client}`, name, { username: roleOf(client), password }, args, own);
      return [client, secret.metadata.name] as const;
    });
    const operator = new PostgresOperator(`${name}-operator`, { cluster, namespace, instances: this.#instances }, own);
    const policy = this.#networkPolicy(operator);
    const database = new k8s.apiextensions.CustomResource(
      name,
      {
        apiVersion: API_VERSION,
        kind: "Cluster",
        metadata: { ...this.#metadata(), name },
        spec: clusterSpec({
          settings,
          image: args.image,
          storageClass: cluster.storageClass,
          zones: cluster.region.zones.length,
          labels: workloadLabels(name, "datastore", cluster.region.name),
          serviceAccountAnnotations: cluster.workloadIdentity.serviceAccountAnnotations(name),
          serverSecret,
          passwordSecrets: Object.fromEntries(passwordSecrets),
        }),
      },
      // It owns volumes: it is never deleted with something else, and not without saying so twice.
      { parent: this, provider: cluster.provider, dependsOn: [namespace, operator, policy], protect: true },
    );
    this.#object("Database", POSTGRES_DATABASE.replaceAll("_", "-"), databaseSpec(name, args.clients), database);
    this.#object("ScheduledBackup", `${name}-nightly`, {
      cluster: { name },
      schedule: BASE_BACKUPS,
      method: "barmanObjectStore",
      backupOwnerReference: "self",
      // The first at once: until there is one, nothing can be restored.
      immediate: true,
    }, database);
    const host = serviceHost(`${name}-rw`, namespace.namespace);
    this.clients = Object.fromEntries(
      credentials.map(([client, { files, passwordFile, caFile }]): [string, StoreClient<PostgresAccess>] => [
        client,
        {
          access: { host, port: POSTGRES_PORT, database: POSTGRES_DATABASE, user: roleOf(client), passwordFile, caFile },
          files: [files],
          destinations: [{ labels: this.#instances, port: POSTGRES_PORT }],
        },
      ]),
    );
    this.registerOutputs({ host });
  }

  #metadata() {
    const { cluster, namespace } = this.#args;
    return { namespace: namespace.namespace, labels: workloadLabels(this.#name, "datastore", cluster.region.name) };
  }

  #inside(): pulumi.CustomResourceOptions {
    const { cluster, namespace } = this.#args;
    return { parent: this, provider: cluster.provider, dependsOn: [namespace], deletedWith: namespace.resource };
  }

  /** The operator's Services: for the primary, for any instance, and for those that only read. */
  #serverNames(): string[] {
    const { namespace } = this.#args.namespace;
    return ["rw", "r", "ro"].flatMap((kind) => {
      const service = `${this.#name}-${kind}`;
      return [service, `${service}.${namespace}`, serviceHost(service, namespace)];
    });
  }

  #object(kind: string, name: string, spec: Record<string, unknown>, cluster: pulumi.Resource): void {
    const options = this.#inside();
    new k8s.apiextensions.CustomResource(
      name,
      { apiVersion: API_VERSION, kind, metadata: { ...this.#metadata(), name }, spec },
      { ...options, dependsOn: [this.#args.namespace, cluster] },
    );
  }

  #networkPolicy(operator: PostgresOperator): k8s.networking.v1.NetworkPolicy {
    const peers = (...labels: Readonly<Record<string, string>>[]) => labels.map((matchLabels) => ({ podSelector: { matchLabels: { ...matchLabels } } }));
    const ports = (...numbers: number[]) => numbers.map((port) => ({ protocol: "TCP", port }));
    return new k8s.networking.v1.NetworkPolicy(
      this.#name,
      {
        metadata: { ...this.#metadata(), name: this.#name },
        spec: {
          podSelector: { matchLabels: this.#instances },
          policyTypes: ["Ingress", "Egress"],
          ingress: [
            { ports: ports(POSTGRES_PORT), from: peers(...this.#args.clients.map(selectorLabels), this.#instances) },
            { ports: ports(POSTGRES_PORT, STATUS_PORT), from: peers(operator.selector, this.#instances) },
          ],
          egress: [
            { to: peers(this.#instances), ports: ports(POSTGRES_PORT, STATUS_PORT) },
            // The Kubernetes API, which every instance takes its orders from, and the object store.
            { ports: ports(443, 6443) },
            // The object store takes the pod's own cloud identity where there is no Secret.
            ...CLOUD_IDENTITY.map(({ cidr, port }) => ({ to: [{ ipBlock: { cidr } }], ports: ports(port) })),
          ],
        },
      },
      this.#inside(),
    );
  }
}
