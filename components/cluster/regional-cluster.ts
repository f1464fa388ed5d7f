import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Region } from "../../config";

/** How pods of a service account become known to the cloud. Empty where there is no cloud. */
export interface WorkloadIdentity {
  /** Annotations that bind a ServiceAccount to its cloud identity. */
  serviceAccountAnnotations(serviceAccount: string): Readonly<Record<string, pulumi.Input<string>>>;
}

/** What a workload asks of the machines it runs on. */
export type CapacityClass = "general" | "interruptible";

/** The part of a pod specification that puts it on machines of one class. */
export interface Placement {
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
}

export interface Toleration {
  readonly key: string;
  readonly operator: "Exists" | "Equal";
  readonly value?: string;
  readonly effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

/**
 * A region's Kubernetes cluster, whatever it runs on. Nothing that stands on it asks which cloud that is.
 */
export interface RegionalCluster {
  readonly region: Region;
  /** Every Kubernetes object of the region is created with this provider. */
  readonly provider: k8s.Provider;
  readonly workloadIdentity: WorkloadIdentity;
  /** StorageClass of volumes; undefined for the cluster's default one. */
  readonly storageClass: string | undefined;
  readonly capacity: Readonly<Record<CapacityClass, Placement>>;
  /** IPv4 addresses that the region's outgoing traffic comes from; empty where they are not fixed. */
  readonly egressAddresses: pulumi.Output<readonly string[]>;
}
