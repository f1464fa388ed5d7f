import { join } from "node:path";
import { serviceSubnet } from "../network/addresses";
import { binary } from "../settings";
import type { NodeSettings } from "../settings";
import { flags } from "./daemon-spec";
import type { DaemonSpec } from "./daemon-spec";

/** containerd's socket: on the namespace's own /run, so this machine never sees it. */
export const containerdSocket = "/run/containerd/containerd.sock";
const kubeletHealthPort = 10248;
const kubeProxyHealthPort = 10256;
const kubeRouterHealthPort = 20244;

export function containerd(settings: NodeSettings): DaemonSpec {
  return {
    name: "containerd",
    command: binary(settings, "containerd"),
    stage: "storage",
    args: flags({ config: settings.layout.config("containerd.toml"), "log-level": "warn" }),
    probe: { kind: "socket", path: containerdSocket },
  };
}

export function kubelet(settings: NodeSettings): DaemonSpec {
  const { layout } = settings;
  const node = firstNode(settings);
  return {
    name: "kubelet",
    command: binary(settings, "kubelet"),
    stage: "rest",
    args: flags({
      config: layout.config("kubelet.yaml"),
      kubeconfig: layout.componentKubeconfig("kubelet"),
      "root-dir": layout.kubelet,
      "cert-dir": join(layout.kubelet, "pki"),
      "hostname-override": node.name,
      "node-ip": settings.apiAddress,
      "node-labels": Object.entries(nodeLabels(settings.name, node.zone)).map(([key, value]) => `${key}=${value}`).join(","),
    }),
    probe: { kind: "http", url: `http://127.0.0.1:${kubeletHealthPort}/healthz` },
  };
}

export function kubeProxy(settings: NodeSettings): DaemonSpec {
  return {
    name: "kube-proxy",
    command: binary(settings, "kube-proxy"),
    stage: "rest",
    args: flags({ config: settings.layout.config("kube-proxy.yaml") }),
    probe: { kind: "http", url: `http://127.0.0.1:${kubeProxyHealthPort}/livez` },
  };
}

/** Enforces NetworkPolicy; routing and Services are others' work here. */
export function kubeRouter(settings: NodeSettings): DaemonSpec {
  return {
    name: "kube-router",
    command: binary(settings, "kube-router"),
    stage: "rest",
    args: flags({
      kubeconfig: settings.layout.componentKubeconfig("kube-router"),
      "hostname-override": firstNode(settings).name,
      "run-firewall": true,
      "run-router": false,
      "run-service-proxy": false,
      "service-cluster-ip-range": serviceSubnet,
      "health-port": kubeRouterHealthPort,
    }),
    probe: { kind: "http", url: `http://127.0.0.1:${kubeRouterHealthPort}/healthz` },
  };
}

/** Labels by which workloads spread over zones, as clouds set them. */
export function nodeLabels(region: string, zone: string): Record<string, string> {
  return { "topology.kubernetes.io/region": region, "topology.kubernetes.io/zone": zone };
}

function firstNode(settings: NodeSettings): { readonly name: string; readonly zone: string } {
  const [node] = settings.nodes;
  if (node === undefined) throw new Error("a region in mode node has one node");
  return node;
}
