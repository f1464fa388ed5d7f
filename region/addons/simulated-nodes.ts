import type { KubernetesObject } from "../kubernetes/object";
import { nodeLabels } from "../processes/node";
import type { RegionNode } from "../settings";

/** Nodes that kwok plays; the annotation is how it knows its own. */
export function simulatedNodes(region: string, nodes: readonly RegionNode[]): KubernetesObject[] {
  return nodes.map(({ name, zone }) => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      annotations: { "kwok.x-k8s.io/node": "fake" },
      labels: { ...nodeLabels(region, zone), "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", type: "kwok" },
    },
  }));
}
