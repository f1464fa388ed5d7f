import type { Toolchain } from "../toolchain";
import type { Layout } from "./directory";
import type { AddonImages, RegionMode } from "./types";

/** Ports of the control plane. */
export interface ControlPlanePorts {
  readonly api: number;
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly controllerManager: number;
  readonly scheduler: number;
}

/** In mode `node` the region has a network namespace to itself, so these are always free. */
export const nodePorts: ControlPlanePorts = { api: 6443, etcd: 2379, etcdPeer: 2380, controllerManager: 10257, scheduler: 10259 };
export const kubeletPort = 10250;

/** Binaries a region runs, by mode. */
const controlPlaneBinaries = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const;
const nodeBinaries = [
  ...controlPlaneBinaries, "kubelet", "kube-proxy", "kube-router", "containerd", "containerd-shim-runc-v2", "ctr", "runc",
  "bridge", "host-local", "loopback", "portmap",
] as const;
const simulatedBinaries = [...controlPlaneBinaries, "kwok"] as const;

export type RegionBinary = (typeof nodeBinaries)[number] | (typeof simulatedBinaries)[number];

/** A node of the region. */
export interface RegionNode {
  readonly name: string;
  readonly zone: string;
}

interface CommonSettings {
  readonly name: string;
  /** Paths as the region's processes see them. */
  readonly layout: Layout;
  /** Where the API server listens and is reached. */
  readonly apiAddress: string;
  readonly ports: ControlPlanePorts;
  readonly nodes: readonly RegionNode[];
  readonly binaries: Readonly<Partial<Record<RegionBinary, string>>>;
  /** Folders that the region's processes search for commands. */
  readonly searchPath: readonly string[];
}

export interface SimulatedSettings extends CommonSettings {
  readonly mode: "simulated";
}

export interface NodeSettings extends CommonSettings {
  readonly mode: "node";
  readonly images: AddonImages;
  /** Of the region's address. */
  readonly prefixLength: number;
  /** containerd's way of stacking image layers. */
  readonly snapshotter: "overlayfs" | "native";
}

/** All that a region's processes are started with. */
export type RegionSettings = SimulatedSettings | NodeSettings;

const zoneLetters: Record<RegionMode, readonly string[]> = { node: ["a"], simulated: ["a", "b", "c"] };

/** One real node in one zone, or three simulated ones in three. */
export function nodesOf(name: string, mode: RegionMode): RegionNode[] {
  return zoneLetters[mode].map((letter) => ({ name: `${name}-node-${letter}`, zone: `${name}-${letter}` }));
}

/** Absolute paths of what a mode runs. */
export function binariesOf(mode: RegionMode, tools: Toolchain): Partial<Record<RegionBinary, string>> {
  return Object.fromEntries((mode === "node" ? nodeBinaries : simulatedBinaries).map((name) => [name, tools.path(name)]));
}

/** Path of one binary; a missing one is a mistake in the list above. */
export function binary(settings: RegionSettings, name: RegionBinary): string {
  const path = settings.binaries[name];
  if (path === undefined) throw new Error(`a region in mode ${settings.mode} does not run ${name}`);
  return path;
}
