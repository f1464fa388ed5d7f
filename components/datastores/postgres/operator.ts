import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { RegionalCluster } from "../../cluster";
import { platformLabels } from "../../labels";
import type { Labels } from "../../labels";
import type { PlatformNamespace } from "../../namespace";

/** CloudNativePG 1.27.1. The custom resources are checked against the schemas of this version. */
const CHART = { chart: "cloudnative-pg", version: "0.26.1", repository: "https://cloudnative-pg.github.io/charts" } as const;

const WEBHOOK_PORT = 9443;
/** Where instances answer the operator. */
const STATUS_PORT = 8000;
const POSTGRES_PORT = 5432;
/** Ports of the Kubernetes API: of its Service, and of the servers behind it. */
const API_PORTS = [443, 6443];

export interface OperatorArgs {
  readonly cluster: RegionalCluster;
  readonly namespace: PlatformNamespace;
  /** Labels of the instances' pods. */
  readonly instances: Labels;
}

/**
 * CloudNativePG's operator, in the platform's own namespace and with rights to it alone: the cluster may have another.
 * The chart brings the custom resource definitions, which stay when it goes.
 */
export class PostgresOperator extends pulumi.ComponentResource {
  readonly selector: Labels = { "app.kubernetes.io/name": CHART.chart };

  constructor(name: string, args: OperatorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentic-flow:datastores:PostgresOperator", name, {}, opts);
    const { cluster, namespace } = args;
    const policy = new k8s.networking.v1.NetworkPolicy(
      name,
      {
        metadata: { name, namespace: namespace.namespace, labels: platformLabels(cluster.region.name) },
        spec: {
          podSelector: { matchLabels: { ...this.selector } },
          policyTypes: ["Ingress", "Egress"],
          // The API server calls the webhooks; its addresses belong to no pod.
          ingress: [{ ports: [{ protocol: "TCP", port: WEBHOOK_PORT }] }],
          egress: [
            { ports: API_PORTS.map((port) => ({ protocol: "TCP", port })) },
            {
              to: [{ podSelector: { matchLabels: { ...args.instances } } }],
              ports: [STATUS_PORT, POSTGRES_PORT].map((port) => ({ protocol: "TCP", port })),
            },
          ],
        },
      },
      { parent: this, provider: cluster.provider, dependsOn: [namespace], deletedWith: namespace.resource },
    );
    new k8s.helm.v4.Chart(
      name,
      {
        chart: CHART.chart,
        version: CHART.version,
        repositoryOpts: { repo: CHART.repository },
        namespace: namespace.namespace,
        values: {
          config: { clusterWide: false },
          crds: { create: true },
          monitoring: { podMonitorEnabled: false, grafanaDashboard: { create: false } },
          resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
        },
      },
      { parent: this, provider: cluster.provider, dependsOn: [namespace, policy] },
    );
    this.registerOutputs({});
  }
}
