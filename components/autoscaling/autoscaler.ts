import type * as pulumi from "@pulumi/pulumi";

/** One reason to scale. The autoscaler follows whichever asks for the most replicas. */
export type ScalingSignal =
  /** Average use of the CPU request, in percent. */
  | { readonly kind: "cpu"; readonly targetPercent: number }
  /** Average memory of one replica, as a quantity. Absolute, because a process needs much of its request when idle. */
  | { readonly kind: "memory"; readonly targetAverage: string };

export interface AutoscalerArgs {
  /** The workload whose replicas the autoscaler owns; the workload itself must leave `spec.replicas` out. */
  readonly target: {
    readonly apiVersion: pulumi.Input<string>;
    readonly kind: "Deployment" | "StatefulSet";
    readonly name: string;
  };
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** At least one. */
  readonly signals: readonly ScalingSignal[];
}

/** Whatever scales a workload. There is one per workload. */
export interface Autoscaler extends pulumi.Resource {
  readonly minReplicas: number;
  readonly maxReplicas: number;
}
