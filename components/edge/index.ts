import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Sizing } from "../../config";
import { FaultCollector } from "../../config";
import type { RegionalCluster } from "../cluster";
import { selectorLabels, workloadLabels } from "../labels";
import type { Labels } from "../labels";
import type { PlatformNamespace } from "../namespace";
import { ServiceWorkload } from "../workload";
import { EDGE_PORTS, edgeBootstrap } from "./bootstrap";
import { OPS_PATHS } from "./ops";
import type { Upstream } from "./upstream";

export { edgeBootstrap } from "./bootstrap";
export type { Upstream, UpstreamRoute } from "./upstream";

export interface EdgeArgs {
  readonly cluster: RegionalCluster;
  readonly namespace: PlatformNamespace;
  /** Reference with a digest; its entrypoint is Envoy. */
  readonly image: pulumi.Input<string>;
  readonly sizing: Sizing;
  /** What is published, and where it runs. */
  readonly upstreams: readonly Upstream[];
  /** Pods that read its metrics; they reach its drain as well. @default none */
  readonly scrapedBy?: readonly Labels[];
}

const PUBLIC_PORT = 80;
const CONFIG_MOUNT = "/etc/envoy";
const CONFIG_FILE = "envoy.json";
/** A stopping replica serves on this long: load balancers notice within it, and kept-alive connections are closed by their answers. */
const DRAIN_MS = 8_000;
/** After the drain: the longest request that may still be under way. */
const LAST_REQUESTS_MS = 12_000;
/** Threads that serve. Left alone, Envoy starts one per processor of the machine, whatever its share of it. */
const WORKER_THREADS = 2;

/** Labels of the edge's pods, for the network policies of what stands behind it. */
export function edgeSelector(name: string) {
  return selectorLabels(name);
}

/** The one way into the region: every published route of every service, behind one address. */
export class Edge extends pulumi.ComponentResource {
  /** Address or name of its load balancer. */
  readonly address: pulumi.Output<string | undefined>;

  constructor(name: string, args: EdgeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentic-flow:edge:Edge", name, {}, opts);
    checkArgs(name, args);
    const { cluster, namespace, sizing, upstreams } = args;
    const config = new k8s.core.v1.ConfigMap(
      name,
      {
        metadata: { namespace: namespace.namespace, labels: workloadLabels(name, "edge", cluster.region.name) },
        immutable: true,
        data: { [CONFIG_FILE]: JSON.stringify(edgeBootstrap(cluster.region.name, upstreams, DRAIN_MS)) },
      },
      { parent: this, provider: cluster.provider, dependsOn: [namespace], deletedWith: namespace.resource },
    );
    const workload = new ServiceWorkload(
      name,
      {
        cluster,
        namespace,
        role: "edge",
        image: args.image,
        args: ["--config-path", `${CONFIG_MOUNT}/${CONFIG_FILE}`, "--concurrency", String(WORKER_THREADS), "--disable-hot-restart"],
        replicas: { kind: "autoscaled", min: sizing.minReplicas, max: sizing.maxReplicas, targetCpuPercent: sizing.targetCpuPercent },
        resources: { cpuRequest: sizing.cpuRequest, memoryRequest: sizing.memoryRequest, memoryLimit: sizing.memoryLimit },
        ports: [
          { name: "http", port: EDGE_PORTS.http, callers: "anybody", appProtocol: "http" },
          { name: "ops", port: EDGE_PORTS.ops, scrapedBy: args.scrapedBy ?? [] },
        ],
        liveness: { path: OPS_PATHS.liveness, port: "ops" },
        readiness: { path: OPS_PATHS.readiness, port: "ops", periodSeconds: 2 },
        destinations: upstreams.map((upstream) => ({ labels: selectorLabels(upstream.name), port: upstream.port })),
        files: [{ name: "config", mountPath: CONFIG_MOUNT, source: { configMapName: config.metadata.name } }],
        preStop: { path: OPS_PATHS.drain, port: "ops" },
        terminationGracePeriodSeconds: (DRAIN_MS + LAST_REQUESTS_MS) / 1000,
        publicPort: PUBLIC_PORT,
      },
      { parent: this },
    );
    this.address = workload.publicAddress;
    this.registerOutputs({ address: this.address });
  }
}

function checkArgs(name: string, args: EdgeArgs): void {
  const faults = new FaultCollector();
  const owners = new Map<string, string>();
  for (const [index, upstream] of args.upstreams.entries()) {
    faults.require(upstream.routes.length > 0, {
      property: `upstreams[${index}].routes`,
      actual: upstream.routes,
      rule: `must publish at least one route of '${upstream.name}'`,
      wayOut: "publish one or leave the service out of 'upstreams'",
    });
    for (const route of upstream.routes) {
      const key = `${route.method} ${route.path.replace(/\{[^}]+\}/g, "{}")}`;
      const owner = owners.get(key);
      faults.require(owner === undefined, {
        property: `upstreams[${index}].routes`,
        actual: key,
        rule: `is published by '${upstream.name}' and by '${owner ?? ""}'`,
        wayOut: "leave it in one contract",
      });
      owners.set(key, upstream.name);
    }
  }
  faults.throwIfAny(`args of Edge '${name}'`);
}
