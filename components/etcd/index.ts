import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { FaultCollector, isDnsLabel, parseQuantity } from "../../config";
import type { CertificateConfig, EtcdConfig } from "../../config";
import type { RegionalCluster } from "../cluster";
import { selectorLabels, workloadLabels } from "../labels";
import type { Labels } from "../labels";
import type { PlatformNamespace } from "../namespace";
import { CERTIFICATE_FILES, CertificateAuthority } from "../pki";
import { ServiceWorkload } from "../workload";
import type { StoreClient } from "../workload";
import { CERTIFICATE_MOUNTS, clientEndpoints, DATA_MOUNT, ETCD_PORTS, memberFlags, memberHosts, serverNames } from "./members";

export interface EtcdClusterArgs {
  readonly cluster: RegionalCluster;
  readonly namespace: PlatformNamespace;
  /** Reference with a digest; its entrypoint is etcd. */
  readonly image: pulumi.Input<string>;
  readonly settings: EtcdConfig;
  readonly certificates: CertificateConfig;
  /** Workloads that may connect. Each gets a certificate in its own name. */
  readonly clients: readonly string[];
  /** Pods that read its metrics, which say nothing of its content. @default none */
  readonly scrapedBy?: readonly Labels[];
}

/** What one client is told of etcd. */
export interface EtcdAccess {
  /** Client URL of every member. */
  readonly endpoints: readonly string[];
  /** Paths inside the client's container. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Where a client finds its certificate. */
const CLIENT_MOUNT = "/etc/agentic-flow/etcd";
/** A member writes its log and leaves; a leader hands over first. */
const STOP_SECONDS = 30;
/** A member with a full database reads it before it answers. */
const START_SECONDS = 300;

/**
 * The region's consistent store: an etcd cluster of one, three or five members, each on a volume of its own.
 *
 * Members trust one authority and clients another, so that no client can pose as a member.
 */
export class EtcdCluster extends pulumi.ComponentResource {
  /** By name of the workload, as given in `clients`. */
  readonly clients: Readonly<Record<string, StoreClient<EtcdAccess>>>;

  constructor(name: string, args: EtcdClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentic-flow:etcd:EtcdCluster", name, {}, opts);
    checkArgs(name, args);
    const { cluster, namespace, settings } = args;
    const set = { name, namespace: namespace.namespace, count: settings.members };
    const labels = workloadLabels(name, "datastore", cluster.region.name);
    const metadata = { namespace: namespace.namespace, labels };
    const tlsProvider = new tls.Provider(name, {}, { parent: this });
    const authority = (role: "peer" | "client") =>
      new CertificateAuthority(
        `${name}-${role}-ca`,
        { tlsProvider, commonName: `${name} ${role}s, ${cluster.region.name}`, hours: args.certificates },
        { parent: this },
      );
    const secret = { parent: this, provider: cluster.provider, dependsOn: [namespace], deletedWith: namespace.resource };
    const peers = authority("peer");
    const peerSecret = peers.issue(
      `${name}-peer`,
      { commonName: `${name}-peer`, dnsNames: memberHosts(set), uses: ["server_auth", "client_auth"], metadata },
      secret,
    );
    const clientAuthority = authority("client");
    const serverSecret = clientAuthority.issue(
      `${name}-server`,
      { commonName: `${name}-server`, dnsNames: serverNames(set), uses: ["server_auth"], metadata },
      secret,
    );
    const clientEntries = args.clients.map((client): [string, StoreClient<EtcdAccess>] => {
      const certificate = clientAuthority.issue(
        `${name}-client-${client}`,
        { commonName: client, uses: ["client_auth"], metadata },
        secret,
      );
      return [client, clientAccess(clientEndpoints(set), selectorLabels(name), certificate.metadata.name)];
    });
    new ServiceWorkload(
      name,
      {
        cluster,
        namespace,
        role: "datastore",
        image: args.image,
        args: memberFlags(set, parseQuantity(settings.storage) ?? 0),
        env: { POD_NAME: { fieldPath: "metadata.name" } },
        replicas: { kind: "fixed", count: settings.members },
        resources: { cpuRequest: settings.cpuRequest, memoryRequest: settings.memoryRequest, memoryLimit: settings.memoryLimit },
        ports: [
          { name: "client", port: ETCD_PORTS.client, callers: args.clients.map(selectorLabels) },
          { name: "peer", port: ETCD_PORTS.peer, callers: [selectorLabels(name)] },
          { name: "metrics", port: ETCD_PORTS.metrics, scrapedBy: args.scrapedBy ?? [] },
        ],
        liveness: { path: "/livez", port: "metrics", failureThreshold: 6, timeoutSeconds: 5 },
        readiness: { path: "/readyz", port: "metrics", periodSeconds: 2 },
        startupSeconds: START_SECONDS,
        destinations: [{ labels: selectorLabels(name), port: ETCD_PORTS.peer }],
        files: [
          { name: "server", mountPath: CERTIFICATE_MOUNTS.server, source: { secretName: serverSecret.metadata.name } },
          { name: "peer", mountPath: CERTIFICATE_MOUNTS.peer, source: { secretName: peerSecret.metadata.name } },
        ],
        storage: { mountPath: DATA_MOUNT, size: settings.storage },
        terminationGracePeriodSeconds: STOP_SECONDS,
      },
      { parent: this },
    );
    this.clients = Object.fromEntries(clientEntries);
    this.registerOutputs({ endpoints: clientEndpoints(set) });
  }
}

function clientAccess(endpoints: readonly string[], labels: Labels, secretName: pulumi.Output<string>): StoreClient<EtcdAccess> {
  return {
    access: {
      endpoints,
      caFile: `${CLIENT_MOUNT}/${CERTIFICATE_FILES.authority}`,
      certFile: `${CLIENT_MOUNT}/${CERTIFICATE_FILES.certificate}`,
      keyFile: `${CLIENT_MOUNT}/${CERTIFICATE_FILES.key}`,
    },
    files: [{ name: "etcd-client", mountPath: CLIENT_MOUNT, source: { secretName } }],
    destinations: [{ labels, port: ETCD_PORTS.client }],
  };
}

function checkArgs(name: string, args: EtcdClusterArgs): void {
  const faults = new FaultCollector();
  const { members, storage } = args.settings;
  faults.require([1, 3, 5].includes(members), {
    property: "settings.members",
    actual: members,
    rule: "must be 1, 3 or 5: an even number adds cost and survives no more failures",
    wayOut: "use 3, or 1 where the data may be lost",
  });
  faults.require((parseQuantity(storage) ?? 0) > 0, {
    property: "settings.storage",
    actual: storage,
    rule: "must be a Kubernetes quantity of memory above zero",
    wayOut: "write it like 20Gi",
  });
  for (const [index, client] of args.clients.entries()) {
    faults.require(isDnsLabel(client) && args.clients.indexOf(client) === index, {
      property: `clients[${index}]`,
      actual: client,
      rule: "must be the name of a workload, and be there once",
      wayOut: "list each workload's name once",
    });
  }
  faults.throwIfAny(`args of EtcdCluster '${name}'`);
}
