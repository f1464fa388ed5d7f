import type { ServiceContract } from "./contract";

/**
 * What a service takes to run, as plain data: it knows no cloud, no Kubernetes and no Pulumi. The composition root
 * turns it into a workload; what it stands on and whom it calls is in its contract.
 */
export interface ServiceDeclaration {
  readonly contract: ServiceContract;
  /** Production bounds; a stack may make them smaller. */
  readonly replicas: { readonly min: number; readonly max: number };
  /** Kubernetes quantities. */
  readonly resources: {
    readonly cpuRequest: string;
    readonly memoryRequest: string;
    readonly memoryLimit: string;
  };
  /** Share of the CPU request, in percent, that the autoscaler aims at. */
  readonly targetCpuPercent: number;
}
