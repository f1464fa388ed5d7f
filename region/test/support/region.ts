import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Layout } from "../../directory";
import { networkOf } from "../../network/addresses";
import { nodePorts, nodesOf } from "../../settings";
import type { NodeSettings, SimulatedSettings } from "../../settings";

/** Runs `work` with a folder that is gone afterwards. */
export async function withFolder<T>(work: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "region-test-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const binaries = Object.fromEntries(
  ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "kubelet", "kube-proxy", "kube-router", "containerd", "containerd-shim-runc-v2", "ctr", "runc", "bridge", "host-local", "loopback", "portmap"]
    .map((name) => [name, `/tools/${name}`]),
);

/** A region in mode `simulated` as a start would describe it. */
export function simulatedSettings(root = "/cache/regions/demo"): SimulatedSettings {
  return {
    mode: "simulated",
    name: "demo",
    layout: new Layout(root),
    apiAddress: "127.0.0.1",
    ports: { api: 21000, etcd: 21001, etcdPeer: 21002, controllerManager: 21003, scheduler: 21004 },
    nodes: nodesOf("demo", "simulated"),
    binaries,
    searchPath: ["/tools", "/usr/bin"],
  };
}

/** A region in mode `node` on the third network of the machine. */
export function nodeSettings(root = "/run/agentic-flow"): NodeSettings {
  const network = networkOf(2);
  return {
    mode: "node",
    name: "demo",
    layout: new Layout(root),
    apiAddress: network.nodeAddress,
    prefixLength: network.prefixLength,
    ports: nodePorts,
    nodes: nodesOf("demo", "node"),
    binaries,
    searchPath: ["/tools", "/usr/bin"],
    images: { pause: "agentic-flow.local/pause@sha256:1", coredns: "agentic-flow.local/coredns@sha256:2", metricsServer: "agentic-flow.local/metrics-server@sha256:3" },
    snapshotter: "overlayfs",
  };
}
