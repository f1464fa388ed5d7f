import { realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { cacheRoot } from "../toolchain/cache-root";

/** Where a node's processes see their region's directory: short, so that socket paths stay under the system's 108 bytes. */
export const nodeRoot = "/run/agentic-flow";

/** The folder that holds one folder per region. */
export function regionsDirectory(): string {
  const path = resolve(cacheRoot());
  try {
    return join(realpathSync(path), "regions");
  } catch {
    return join(path, "regions");
  }
}

/** The folder of one region. */
export function regionDirectory(name: string): string {
  return join(regionsDirectory(), name);
}

/** Paths inside a region's directory, seen from this machine or, with `root` = {@link nodeRoot}, from the region's own processes. */
export class Layout {
  constructor(readonly root: string) {}

  get record(): string { return join(this.root, "region.json"); }
  get status(): string { return join(this.root, "status.json"); }
  get plan(): string { return join(this.root, "plan.json"); }
  get kubeconfig(): string { return join(this.root, "kubeconfig"); }
  get logs(): string { return join(this.root, "logs"); }
  get podLogs(): string { return join(this.root, "pod-logs"); }
  get volumes(): string { return join(this.root, "volumes"); }
  get etcd(): string { return join(this.root, "etcd"); }
  get containerd(): string { return join(this.root, "containerd"); }
  get kubelet(): string { return join(this.root, "kubelet"); }
  get cniBinaries(): string { return join(this.root, "cni", "bin"); }
  get cniConfig(): string { return join(this.root, "cni", "net.d"); }
  get temporary(): string { return join(this.root, "tmp"); }
  get supervisorBundle(): string { return join(this.root, "supervisor.js"); }

  log(process: string): string { return join(this.logs, `${process}.log`); }
  pki(file: string): string { return join(this.root, "pki", file); }
  config(file: string): string { return join(this.root, "config", file); }
  /** Kubeconfig of one component. */
  componentKubeconfig(component: string): string { return this.config(`${component}.kubeconfig`); }
}
