import type { KubernetesObject } from "../kubernetes/object";

/** Name that claims of this class carry; the region's own controller answers to it. */
export const volumeProvisioner = "agentic-flow.io/local-volume";
export const storageClassName = "agentic-flow-local";

/** The default class: folders of the region's directory. Their sizes are not enforced. */
export function storageClass(): KubernetesObject {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: storageClassName, annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner: volumeProvisioner,
    reclaimPolicy: "Delete",
    volumeBindingMode: "WaitForFirstConsumer",
  };
}
