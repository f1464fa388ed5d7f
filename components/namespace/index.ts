import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { QuotaConfig } from "../../config";
import type { RegionalCluster } from "../cluster";
import { platformLabels } from "../labels";

export interface PlatformNamespaceArgs {
  readonly cluster: RegionalCluster;
  /** Name of the Namespace itself, not only of its resource. Changing it replaces everything inside. */
  readonly namespace: string;
  /** Sum over all pods of the namespace. */
  readonly quota: QuotaConfig;
}

/** Applied to a container that says nothing; ours all say. */
const DEFAULT_CONTAINER = { cpuRequest: "100m", memoryRequest: "128Mi", memoryLimit: "256Mi" } as const;

const DNS_PORT = 53;

/** What a pod has to be let out for to find anything by name. */
export const NAME_RESOLUTION: k8s.types.input.networking.v1.NetworkPolicyEgressRule = {
  to: [
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
      podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
    },
  ],
  ports: [
    { protocol: "UDP", port: DNS_PORT },
    { protocol: "TCP", port: DNS_PORT },
    // A policy sees the port of the pod, which a DNS server without root cannot have below 1024.
    { protocol: "UDP", port: "dns" },
    { protocol: "TCP", port: "dns-tcp" },
  ],
};

/**
 * A namespace in which nothing is allowed that was not asked for: restricted pods, a quota, default container bounds,
 * and no traffic in or out but name resolution.
 */
export class PlatformNamespace extends pulumi.ComponentResource {
  /** Name of the Namespace, known before it exists. */
  readonly namespace: string;
  /** What objects inside it are deleted with. */
  readonly resource: k8s.core.v1.Namespace;

  constructor(name: string, args: PlatformNamespaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentic-flow:namespace:PlatformNamespace", name, {}, opts);
    const { cluster, quota } = args;
    this.namespace = args.namespace;
    const labels = platformLabels(cluster.region.name);
    this.resource = new k8s.core.v1.Namespace(
      name,
      {
        metadata: {
          name: args.namespace,
          labels: {
            ...labels,
            "pod-security.kubernetes.io/enforce": "restricted",
            "pod-security.kubernetes.io/audit": "restricted",
            "pod-security.kubernetes.io/warn": "restricted",
          },
        },
      },
      { parent: this, provider: cluster.provider },
    );
    const inside = { parent: this, provider: cluster.provider, dependsOn: this.resource, deletedWith: this.resource };
    const metadata = (object: string) => ({ name: object, namespace: args.namespace, labels });
    new k8s.core.v1.ResourceQuota(
      `${name}-quota`,
      {
        metadata: metadata("platform"),
        spec: {
          hard: {
            "requests.cpu": quota.cpuRequests,
            "requests.memory": quota.memoryRequests,
            "limits.memory": quota.memoryLimits,
            pods: String(quota.pods),
            persistentvolumeclaims: String(quota.volumes),
            "requests.storage": quota.storage,
            // Each is an address that costs money and that the world can reach: the edge has the only one.
            "services.loadbalancers": "1",
          },
        },
      },
      inside,
    );
    new k8s.core.v1.LimitRange(
      `${name}-limits`,
      {
        metadata: metadata("platform"),
        spec: {
          limits: [
            {
              type: "Container",
              defaultRequest: { cpu: DEFAULT_CONTAINER.cpuRequest, memory: DEFAULT_CONTAINER.memoryRequest },
              default: { memory: DEFAULT_CONTAINER.memoryLimit },
            },
          ],
        },
      },
      inside,
    );
    new k8s.networking.v1.NetworkPolicy(
      `${name}-default-deny`,
      { metadata: metadata("default-deny"), spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] } },
      inside,
    );
    new k8s.networking.v1.NetworkPolicy(
      `${name}-allow-dns`,
      {
        metadata: metadata("allow-dns"),
        spec: {
          podSelector: {},
          policyTypes: ["Egress"],
          egress: [NAME_RESOLUTION],
        },
      },
      inside,
    );
    this.registerOutputs({ namespace: this.namespace });
  }
}
