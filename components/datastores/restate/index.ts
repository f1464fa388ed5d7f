import { CLOUD_IDENTITY } from "../surroundings";
import * as pulumi from "@pulumi/pulumi";
import { FaultCollector, serviceHost } from "../../../config";
import type { RestateConfig } from "../../../config";
import type { RegionalCluster } from "../../cluster";
import { selectorLabels } from "../../labels";
import type { PlatformNamespace } from "../../namespace";
import { ServiceWorkload } from "../../workload";
import type { Destination, StoreClient } from "../../workload";
import { RESTATE_DATA, RESTATE_PORTS, restateEnvironment } from "./environment";
import { provision, provisionerSelector } from "./provision";

/** What one client is told of Restate. */
export interface RestateAccess {
  /** Where durable handlers are called. */
  readonly ingressUrl: string;
  /** Where they are registered. */
  readonly adminUrl: string;
}

/** A workload that uses Restate. */
export interface RestateClient {
  readonly name: string;
  /** Port at which Restate calls its durable handlers. @default it has none */
  readonly handlersPort?: number;
}

export interface RestateArgs {
  readonly cluster: RegionalCluster;
  readonly namespace: PlatformNamespace;
  /** Reference with a digest; its entrypoint is restate-server, and restatectl is beside it. */
  readonly image: pulumi.Input<string>;
  readonly settings: RestateConfig;
  readonly clients: readonly RestateClient[];
}

/** Where object stores answer. */
const HTTPS_PORT = 443;
/** Restate gives itself 30 s. */
const STOP_SECONDS = 45;
/** After a crash its logs are read before it answers. */
const START_SECONDS = 600;

/** Durable execution: one node on one machine, three that copy each other's logs in a cloud. */
export class Restate extends pulumi.ComponentResource {
  /** By name of the workload, as given in `clients`. */
  readonly clients: Readonly<Record<string, StoreClient<RestateAccess>>>;

  constructor(name: string, args: RestateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentic-flow:datastores:Restate", name, {}, opts);
    checkArgs(name, args);
    const { cluster, namespace, settings, clients } = args;
    const self = selectorLabels(name);
    const callers = clients.map((client) => selectorLabels(client.name));
    const several = settings.nodes > 1;
    new ServiceWorkload(
      name,
      {
        cluster,
        namespace,
        role: "datastore",
        image: args.image,
        env: {
          // Kubernetes replaces names of variables that it has read before.
          POD_NAME: { fieldPath: "metadata.name" },
          ...restateEnvironment({ name, namespace: namespace.namespace, region: cluster.region.name, settings }),
        },
        replicas: { kind: "fixed", count: settings.nodes },
        resources: { cpuRequest: settings.cpuRequest, memoryRequest: settings.memoryRequest, memoryLimit: settings.memoryLimit },
        ports: [
          { name: "ingress", port: RESTATE_PORTS.ingress, callers, appProtocol: "http" },
          { name: "admin", port: RESTATE_PORTS.admin, callers, appProtocol: "http" },
          { name: "node", port: RESTATE_PORTS.node, callers: [self, ...(several ? [provisionerSelector(name)] : [])] },
        ],
        liveness: { tcpPort: "node", periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
        readiness: { path: "/restate/health", port: "ingress" },
        startupSeconds: START_SECONDS,
        destinations: [
          { labels: self, port: RESTATE_PORTS.node },
          ...clients.flatMap((client): Destination[] =>
            client.handlersPort === undefined ? [] : [{ labels: selectorLabels(client.name), port: client.handlersPort }],
          ),
          ...(settings.snapshots === undefined ? [] : [{ cidr: "0.0.0.0/0", port: HTTPS_PORT }, ...CLOUD_IDENTITY]),
        ],
        storage: { mountPath: RESTATE_DATA, size: settings.storage },
        terminationGracePeriodSeconds: STOP_SECONDS,
      },
      { parent: this },
    );
    if (several) provision(name, args, this);
    const host = serviceHost(name, namespace.namespace);
    const access = { ingressUrl: `http://${host}:${RESTATE_PORTS.ingress}`, adminUrl: `http://${host}:${RESTATE_PORTS.admin}` };
    const destinations = [{ labels: self, port: RESTATE_PORTS.ingress }, { labels: self, port: RESTATE_PORTS.admin }];
    this.clients = Object.fromEntries(clients.map((client) => [client.name, { access, files: [], destinations }]));
    this.registerOutputs(access);
  }
}

function checkArgs(name: string, { clients, settings }: RestateArgs): void {
  const faults = new FaultCollector();
  faults.require(settings.nodes === 1 || settings.snapshots !== undefined, {
    property: "settings.snapshots",
    actual: settings.snapshots,
    rule: `must say where snapshots go: with ${settings.nodes} nodes a node without its volume could not start`,
    wayOut: "set its destination, or 'settings.nodes' to 1",
  });
  const names = clients.map((client) => client.name);
  for (const [index, client] of clients.entries()) {
    faults.require(names.indexOf(client.name) === index, {
      property: `clients[${index}].name`,
      actual: client.name,
      rule: "must be there once",
      wayOut: "list each workload once",
    });
  }
  faults.throwIfAny(`args of Restate '${name}'`);
}
