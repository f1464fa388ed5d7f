import type * as pulumi from "@pulumi/pulumi";
import type { Resources } from "../../config";
import type { CapacityClass, RegionalCluster } from "../cluster";
import type { Labels } from "../labels";
import type { PlatformNamespace } from "../namespace";

/** A port of the container. */
export interface WorkloadPort {
  /** Name within the workload: a DNS label of at most 15 characters. */
  readonly name: string;
  readonly port: number;
  /**
   * Who may open connections to it: pods with these labels in the namespace, or anybody. A port with callers is on the
   * workload's Services.
   * @default nobody but the kubelet
   */
  readonly callers?: "anybody" | readonly Labels[];
  /**
   * Who may read metrics from it, by address: pods with these labels. It is not on the workload's Services for them.
   * @default nobody
   */
  readonly scrapedBy?: readonly Labels[];
  /** Protocol spoken on it, for whatever balances by request. @default none */
  readonly appProtocol?: string;
}

/** Something that the workload opens connections to. */
export type Destination = PodDestination | OutsideDestination;

/** Pods in the namespace. */
export interface PodDestination {
  readonly labels: Labels;
  readonly port: number;
}

/** Addresses outside the cluster, for what has no fixed ones `0.0.0.0/0`. */
export interface OutsideDestination {
  /** IPv4 range in CIDR notation. */
  readonly cidr: string;
  readonly port: number;
}

/** How a workload uses a store: what it is told, what is mounted into it, and whom it may call. */
export interface StoreClient<Access> {
  readonly access: Access;
  readonly files: readonly FileMount[];
  readonly destinations: readonly Destination[];
}

/** How the kubelet asks a container whether it is well. */
export type Probe = HttpProbe | TcpProbe | CommandProbe;

interface ProbeTiming {
  /** Seconds between two probes. @default 5 */
  readonly periodSeconds?: number;
  /** Seconds until a probe without answer has failed. @default 2 */
  readonly timeoutSeconds?: number;
  /** Failures in a row until the pod is not ready, or is restarted. @default 3 */
  readonly failureThreshold?: number;
}

/** A request that has to be answered with success. */
export interface HttpProbe extends ProbeTiming {
  readonly path: string;
  /** Name of one of the workload's ports. */
  readonly port: string;
}

/** A connection that has to be taken. */
export interface TcpProbe extends ProbeTiming {
  /** Name of one of the workload's ports. */
  readonly tcpPort: string;
}

/** A program that has to end with 0. Each run is a process in the container: the dearest way to ask. */
export interface CommandProbe extends ProbeTiming {
  /** Program and arguments; no shell reads them. */
  readonly command: readonly string[];
}

/** Content of a ConfigMap or Secret, mounted read-only. */
export interface FileMount {
  /** Name within the pod: a DNS label. */
  readonly name: string;
  /** Absolute path of the folder. */
  readonly mountPath: string;
  /**
   * The object's name. Objects with content are named by content: a change makes a new one, and so rolls the pods, and
   * the old pods keep the old content until they are gone.
   */
  readonly source: { readonly secretName: pulumi.Input<string> } | { readonly configMapName: pulumi.Input<string> };
}

/** A value of the container's environment: text, or a field of the pod. */
export type EnvValue = pulumi.Input<string> | { readonly fieldPath: string };

export type Replicas =
  /** Set once and for all. */
  | { readonly kind: "fixed"; readonly count: number }
  /** Owned by an autoscaler: the workload has no `spec.replicas`. */
  | { readonly kind: "autoscaled"; readonly min: number; readonly max: number; readonly targetCpuPercent: number };

/** A volume per replica, and an identity that outlives the pod: makes the workload a StatefulSet. */
export interface Storage {
  readonly mountPath: string;
  /** Capacity, as a quantity. Changing it replaces the StatefulSet. */
  readonly size: string;
}

/** What runs between the decision to stop a container and SIGTERM. */
export interface PreStop {
  readonly path: string;
  /** Name of one of the workload's ports. */
  readonly port: string;
}

export interface ServiceWorkloadArgs {
  readonly cluster: RegionalCluster;
  readonly namespace: PlatformNamespace;
  /** What the workload is to the platform, such as `service`, `edge` or `datastore`. */
  readonly role: string;
  /** Reference with a digest. */
  readonly image: pulumi.Input<string>;
  /** Arguments of the image's entrypoint; `$(NAME)` is replaced by the environment's value. @default none */
  readonly args?: readonly pulumi.Input<string>[];
  /** @default empty */
  readonly env?: Readonly<Record<string, EnvValue>>;
  readonly replicas: Replicas;
  readonly resources: Resources;
  readonly ports: readonly WorkloadPort[];
  readonly liveness: Probe;
  readonly readiness: Probe;
  /** Longest start, in seconds, before the pod is restarted; the liveness probe decides. @default 60 */
  readonly startupSeconds?: number;
  /** @default nothing but name resolution */
  readonly destinations?: readonly Destination[];
  /** @default none */
  readonly files?: readonly FileMount[];
  /** Adding or removing it replaces the workload. @default none: a Deployment */
  readonly storage?: Storage;
  /** @default none: SIGTERM comes at once */
  readonly preStop?: PreStop;
  /** Seconds from the decision to stop a pod to SIGKILL. */
  readonly terminationGracePeriodSeconds: number;
  /**
   * Puts the workload behind a public address, on this TCP port.
   * @default none: reachable inside the namespace only
   */
  readonly publicPort?: number;
  /** @default general */
  readonly capacity?: CapacityClass;
}
