import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { PrometheusConfig, TelemetryConfig } from "../../config";
import type { RegionalCluster } from "../cluster";
import { selectorLabels, workloadLabels } from "../labels";
import type { Labels } from "../labels";
import type { PlatformNamespace } from "../namespace";
import type { Destination, StoreClient } from "../workload";
import { COLLECTOR_PORTS, OtelCollector } from "./collector";
import type { TraceStore } from "./collector";
import { dashboardFiles } from "./dashboards";
import { LogShipper } from "./logs";
import { checkObserved } from "./observed";
import type { ObservedService } from "./observed";
import { platformTargets } from "./platform";
import { Prometheus, PROMETHEUS_PORT } from "./prometheus";
import { ruleFile } from "./rules";

export type { TraceStore } from "./collector";
export type { Objective, ObservedService } from "./observed";

/** Names of the workloads. Others need them before these exist, to let them in and to be told where to send. */
export const OBSERVERS = { prometheus: "prometheus", collector: "otel-collector", logShipper: "log-shipper" } as const;

export interface ObservabilityArgs {
  readonly cluster: RegionalCluster;
  readonly namespace: PlatformNamespace;
  /** References with digests. */
  readonly images: { readonly prometheus: pulumi.Input<string>; readonly collector: pulumi.Input<string> };
  readonly prometheus: PrometheusConfig;
  readonly telemetry: TelemetryConfig;
  readonly services: readonly ObservedService[];
  /** Names of the workloads of etcd and of the edge. */
  readonly etcd: string;
  readonly edge: string;
  /** Where traces are kept. @default nowhere in the region */
  readonly traceStore: TraceStore | undefined;
  /** Workloads that query Prometheus. */
  readonly metricReaders: readonly string[];
}

/** Where a workload sends its traces, and the traffic that its network policy has to allow for it. */
export interface TraceSink {
  /** Base URL for OTLP over HTTP. */
  readonly otlpEndpoint: string;
  readonly traceSampleRatio: number;
  readonly destination: Destination;
}

/** Labels of the pods that hand traces over, for the port that they are kept behind. */
export function collectorSelector(): Labels {
  return selectorLabels(OBSERVERS.collector);
}

/** Labels of the pods that read metrics, for the ports they read from. */
export function scraperSelector(): Labels {
  return selectorLabels(OBSERVERS.prometheus);
}

/**
 * How a region is watched: metrics, promises and their alerts, traces, dashboards and, where the user wants them
 * elsewhere, logs.
 */
export class Observability extends pulumi.ComponentResource {
  /** For workloads that query metrics. */
  readonly metrics: StoreClient<{ readonly url: string }>;
  /** For workloads that send traces. */
  readonly traces: TraceSink;

  constructor(name: string, args: ObservabilityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentic-flow:observability:Observability", name, {}, opts);
    const { cluster, namespace, services, telemetry } = args;
    const jobs = { etcd: args.etcd, edge: args.edge, collector: OBSERVERS.collector, prometheus: OBSERVERS.prometheus };
    const targets = platformTargets(jobs);
    checkObserved(`args of Observability '${name}'`, services, targets);
    const prometheus = new Prometheus(
      OBSERVERS.prometheus,
      {
        cluster,
        namespace,
        image: args.images.prometheus,
        settings: args.prometheus,
        services,
        targets,
        rules: ruleFile(services, jobs),
        readers: args.metricReaders,
      },
      { parent: this },
    );
    const collector = new OtelCollector(
      OBSERVERS.collector,
      {
        cluster,
        namespace,
        image: args.images.collector,
        settings: telemetry,
        ...(args.traceStore === undefined ? {} : { store: args.traceStore }),
        senders: services.map((service) => service.name),
        scraper: OBSERVERS.prometheus,
      },
      { parent: this },
    );
    // Found by Grafana's own search for ConfigMaps with this label, wherever a Grafana runs.
    new k8s.core.v1.ConfigMap(
      `${name}-dashboards`,
      {
        metadata: {
          namespace: namespace.namespace,
          name: "grafana-dashboards",
          labels: { ...workloadLabels("grafana-dashboards", "observability", cluster.region.name), grafana_dashboard: "1" },
        },
        data: dashboardFiles(services, jobs),
      },
      { parent: this, provider: cluster.provider, dependsOn: [namespace], deletedWith: namespace.resource },
    );
    if (telemetry.shipLogs && telemetry.exportUrl !== undefined) {
      new LogShipper(
        OBSERVERS.logShipper,
        { cluster, image: args.images.collector, namespaces: [namespace.namespace], exportUrl: telemetry.exportUrl, resources: telemetry },
        { parent: this },
      );
    }
    this.metrics = {
      access: { url: prometheus.url },
      files: [],
      destinations: [{ labels: selectorLabels(OBSERVERS.prometheus), port: PROMETHEUS_PORT }],
    };
    this.traces = {
      otlpEndpoint: collector.endpoint,
      traceSampleRatio: telemetry.traceSampleRatio,
      destination: { labels: selectorLabels(OBSERVERS.collector), port: COLLECTOR_PORTS.otlp },
    };
    this.registerOutputs({ prometheusUrl: prometheus.url, otlpEndpoint: collector.endpoint });
  }
}
