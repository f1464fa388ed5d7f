import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { FaultCollector, parseQuantity, serviceHost } from "../../../config";
import type { PrometheusConfig } from "../../../config";
import type { RegionalCluster } from "../../cluster";
import { selectorLabels, workloadLabels } from "../../labels";
import type { PlatformNamespace } from "../../namespace";
import { ServiceWorkload } from "../../workload";
import type { ObservedService, ScrapeTarget } from "../observed";
import { outsideAll } from "../outside";
import type { RuleFile } from "../rules";
import { DATA_MOUNT, memoryBound, prometheusFlags } from "./flags";
import { CONFIG_FILES, CONFIG_MOUNT, PROMETHEUS_PORT, prometheusConfiguration } from "./scrape";

export { PROMETHEUS_PORT, prometheusConfiguration } from "./scrape";

export interface PrometheusArgs {
  readonly cluster: RegionalCluster;
  readonly namespace: PlatformNamespace;
  /** Reference with a digest; its entrypoint is Prometheus. */
  readonly image: pulumi.Input<string>;
  readonly settings: PrometheusConfig;
  readonly services: readonly ObservedService[];
  readonly targets: readonly ScrapeTarget[];
  readonly rules: RuleFile;
  /** Workloads that may query it. */
  readonly readers: readonly string[];
}

/** What is in memory only is written when it stops. */
const STOP_SECONDS = 60;
/** After a crash the log of the last hours is read before it answers. */
const START_SECONDS = 600;

/**
 * The region's metrics: each replica asks every target by itself and keeps all of it on a volume of its own, so that
 * one may be missing. Nobody outside the namespace reaches it.
 */
export class Prometheus extends pulumi.ComponentResource {
  /** Base URL inside the namespace; answers come from one of the replicas. */
  readonly url: string;

  constructor(name: string, args: PrometheusArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentic-flow:observability:Prometheus", name, {}, opts);
    checkArgs(name, args);
    const { cluster, namespace, settings, services, targets } = args;
    const configuration = prometheusConfiguration({
      region: cluster.region.name,
      namespace: namespace.namespace,
      self: name,
      services,
      targets,
      alertmanagerUrl: settings.alertmanagerUrl,
      remoteWriteUrl: settings.remoteWriteUrl,
    });
    const files = new k8s.core.v1.ConfigMap(
      name,
      {
        metadata: { namespace: namespace.namespace, labels: workloadLabels(name, "observability", cluster.region.name) },
        immutable: true,
        data: {
          [CONFIG_FILES.main]: JSON.stringify(configuration),
          [CONFIG_FILES.rules]: JSON.stringify(args.rules),
        },
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
        args: prometheusFlags(settings),
        env: { POD_NAME: { fieldPath: "metadata.name" }, GOMEMLIMIT: memoryBound(settings.memoryLimit) },
        replicas: { kind: "fixed", count: settings.replicas },
        resources: { cpuRequest: settings.cpuRequest, memoryRequest: settings.memoryRequest, memoryLimit: settings.memoryLimit },
        ports: [{ name: "web", port: PROMETHEUS_PORT, callers: args.readers.map(selectorLabels) }],
        liveness: { path: "/-/healthy", port: "web", failureThreshold: 6, timeoutSeconds: 5 },
        readiness: { path: "/-/ready", port: "web" },
        startupSeconds: START_SECONDS,
        destinations: [
          ...[...services, ...targets].filter((target) => target.name !== name).map((target) => ({ labels: selectorLabels(target.name), port: target.port })),
          ...outsideAll(settings.alertmanagerUrl, settings.remoteWriteUrl),
        ],
        files: [{ name: "config", mountPath: CONFIG_MOUNT, source: { configMapName: files.metadata.name } }],
        storage: { mountPath: DATA_MOUNT, size: settings.storage },
        terminationGracePeriodSeconds: STOP_SECONDS,
      },
      { parent: this },
    );
    this.url = `http://${serviceHost(name, namespace.namespace)}:${PROMETHEUS_PORT}`;
    this.registerOutputs({ url: this.url });
  }
}

function checkArgs(name: string, { settings }: PrometheusArgs): void {
  const faults = new FaultCollector();
  faults.require((parseQuantity(settings.storage) ?? 0) > 0, {
    property: "settings.storage",
    actual: settings.storage,
    rule: "must be a Kubernetes quantity of memory above zero",
    wayOut: "write it like 100Gi",
  });
  faults.throwIfAny(`args of Prometheus '${name}'`);
}
