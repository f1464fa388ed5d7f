import type { ObjectKind } from "./objects";

/** Kinds of Kubernetes' own API groups that are in no namespace. A test compares them with the provider's SDK. */
export const clusterScopedKinds: readonly string[] = [
  "APIService",
  "CSIDriver",
  "CSINode",
  "CertificateSigningRequest",
  "ClusterRole",
  "ClusterRoleBinding",
  "ClusterTrustBundle",
  "CustomResourceDefinition",
  "DeviceClass",
  "DeviceTaintRule",
  "FlowSchema",
  "IPAddress",
  "IngressClass",
  "MutatingAdmissionPolicy",
  "MutatingAdmissionPolicyBinding",
  "MutatingWebhookConfiguration",
  "Namespace",
  "Node",
  "PersistentVolume",
  "PriorityClass",
  "PriorityLevelConfiguration",
  "ResourceSlice",
  "RuntimeClass",
  "ServiceCIDR",
  "StorageClass",
  "StorageVersionMigration",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "ValidatingWebhookConfiguration",
  "VolumeAttachment",
  "VolumeAttributesClass",
];

// Groups of Kubernetes itself have no dot, or end so; a custom kind of the same name may well be in a namespace.
const ownGroup = /^(?:[a-z]+|[a-z.]+\.k8s\.io)$/;

/** True for a kind of Kubernetes' own that is in no namespace. */
export function isClusterScoped({ group, kind }: ObjectKind): boolean {
  return ownGroup.test(group) && clusterScopedKinds.includes(kind);
}
