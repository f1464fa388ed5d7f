import type { KubernetesObject, LateObject } from "../kubernetes/object";
import type { RegionSettings } from "../settings";
import { etcd, kubeApiserver, kubeControllerManager, kubeScheduler, kwok } from "./control-plane";
import type { DaemonSpec } from "./daemon-spec";
import { containerd, kubeProxy, kubeRouter, kubelet } from "./node";

/** `plan.json`: everything the supervisor does, decided before it starts. */
export interface RegionPlan {
  readonly name: string;
  readonly daemons: readonly DaemonSpec[];
  /** Folders searched for commands. */
  readonly searchPath: readonly string[];
  readonly temporaryDirectory: string;
  readonly logDirectory: string;
  readonly statusFile: string;
  readonly volumeDirectory: string;
  /** Address that Services of type LoadBalancer get. */
  readonly entryAddress: string;
  /** Ports of the entry address that belong to the region itself. */
  readonly reservedPorts: readonly number[];
  readonly api: { readonly url: string; readonly caFile: string; readonly certificateFile: string; readonly keyFile: string };
  /** Applied, in order, as soon as the API server answers. */
  readonly objects: readonly KubernetesObject[];
  readonly lateObjects: readonly LateObject[];
  readonly nodes: readonly string[];
  /** Of every process of the region. */
  readonly umask: number;
  /** Set where the supervisor has a network namespace to set up. */
  readonly network?: { readonly interface: string; readonly address: string; readonly prefixLength: number };
}

/** The processes of a region, in the order of their start. */
export function daemonsOf(settings: RegionSettings): DaemonSpec[] {
  const controlPlane = [etcd(settings), kubeApiserver(settings), kubeControllerManager(settings), kubeScheduler(settings)];
  switch (settings.mode) {
    case "simulated":
      return [...controlPlane, kwok(settings)];
    case "node":
      return [...controlPlane, containerd(settings), kubelet(settings), kubeProxy(settings), kubeRouter(settings)];
  }
}
