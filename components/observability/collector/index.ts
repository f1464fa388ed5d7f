import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { parseQuantity, serviceHost } from "../../../config";
import type { TelemetryConfig } from "../../../config";
import type { RegionalCluster } from "../../cluster";
import { selectorLabels, workloadLabels } from "../../labels";
import type { PlatformNamespace } from "../../namespace";
import { ServiceWorkload } from "../../workload";
import { outsideAll } from "../outside";
import { memoryBound } from "../prometheus/flags";
import { COLLECTOR_PORTS, collectorConfiguration, CONFIG_FILE, CONFIG_MOUNT } from "./configuration";

export { COLLECTOR_PORTS, collectorConfiguration } from "./configuration";

/** Where traces of the region are kept: a workload that takes OTLP in JSON. */
export interface TraceStore {
  readonly workload: string;
  readonly port: number;
  /** Absolute path that spans are posted to. */
  readonly path: string;
}

export interface OtelCollectorArgs {
  readonly cluster: RegionalCluster;
  readonly namespace: PlatformNamespace;
  /** Reference with a digest; its entrypoint is the collector. */
  readonly image: pulumi.Input<string>;
  readonly settings: TelemetryConfig;
  /** @default nothing in the region keeps traces */
  readonly store?: TraceStore;
  /** Workloads that send to it. */
  readonly senders: readonly string[];
  /** Workload that reads its own metrics. */
  readonly scraper: string;
}

/** Time to hand on what waits in the queue. */
const STOP_SECONDS = 30;

/** Takes spans and metrics in OTLP over HTTP from the services and hands them on, so that no service waits for whoever keeps them. */
export class OtelCollector extends pulumi.ComponentResource {
  /** Base URL for OTLP over HTTP inside the namespace. */
  readonly endpoint: string;

  constructor(name: string, args: OtelCollectorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentic-flow:observability:OtelCollector", name, {}, opts);
    const { cluster, namespace, settings, store } = args;
    const configuration = collectorConfiguration({
      tracesUrl: store === undefined ? undefined : `http://${serviceHost(store.workload, namespace.namespace)}:${store.port}${store.path}`,
      exportUrl: settings.exportUrl,
      exportRatio: settings.exportRatio,
      memoryLimitBytes: parseQuantity(settings.memoryLimit) ?? 0,
    });
    const files = new k8s.core.v1.ConfigMap(
      name,
      {
        metadata: { namespace: namespace.namespace, labels: workloadLabels(name, "observability", cluster.region.name) },
        immutable: true,
        data: { [CONFIG_FILE]: JSON.stringify(configuration, undefined, 1) },
      },
      { parent: this, provider: cluster.provider, dependsOn: [namespace], deletedWith: namespace.resource },
    );
    new ServiceWorkload(
      name,
      {
        cluster,
        namespace,
        role: "observability",
        image: args.image,
        args: [`--config=${CONFIG_MOUNT}/${CONFIG_FILE}`],
        env: { GOMEMLIMIT: memoryBound(settings.memoryLimit) },
        replicas: { kind: "fixed", count: settings.replicas },
        resources: { cpuRequest: settings.cpuRequest, memoryRequest: settings.memoryRequest, memoryLimit: settings.memoryLimit },
        ports: [
          { name: "otlp", port: COLLECTOR_PORTS.otlp, callers: args.senders.map(selectorLabels), appProtocol: "http" },
          { name: "metrics", port: COLLECTOR_PORTS.metrics, scrapedBy: [selectorLabels(args.scraper)] },
          { name: "health", port: COLLECTOR_PORTS.health },
        ],
        liveness: { path: "/", port: "health" },
        readiness: { path: "/", port: "health" },
        destinations: [
          ...(store === undefined ? [] : [{ labels: selectorLabels(store.workload), port: store.port }]),
          ...outsideAll(settings.exportUrl),
        ],
        files: [{ name: "config", mountPath: CONFIG_MOUNT, source: { configMapName: files.metadata.name } }],
        terminationGracePeriodSeconds: STOP_SECONDS,
      },
      { parent: this },
    );
    this.endpoint = `http://${serviceHost(name, namespace.namespace)}:${COLLECTOR_PORTS.otlp}`;
    this.registerOutputs({ endpoint: this.endpoint });
  }
}
