import type { ServiceContract } from "./contract";

/** What a service can ask the platform for. */
export type Need = "etcd";

/** How a workload reaches etcd: mutual TLS, with the files mounted into its container. */
export interface EtcdAccess {
  /** `https://host:port` of every member. */
  readonly endpoints: readonly string[];
  /** Paths inside the container. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** What the composition root hands to `ServiceDeclaration.env`. */
export interface Provided {
  /** Name of the region, from the catalogue. */
  readonly region: string;
  /** Present when the declaration needs `etcd`. */
  readonly etcd?: EtcdAccess;
}

/**
 * What a service needs to run, as plain data: it knows no cloud, no Kubernetes and no Pulumi. The composition root
 * turns it into a workload.
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
  readonly needs: readonly Need[];
  /**
   * Environment of the container, by variable name. Every variable that the contract requires is in it.
   *
   * @throws Error when something that `needs` names was not provided.
   */
  readonly env: (provided: Provided) => Record<string, string>;
}
