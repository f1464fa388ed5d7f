import { stringify } from "yaml";
import { clusterDomain, dnsServiceAddress, podSubnet } from "../network/addresses";
import { binary, kubeletPort } from "../settings";
import type { NodeSettings } from "../settings";
import { containerdSocket } from "./node";

const logSizeLimit = "10Mi";
const logFileLimit = 2;
const podLimit = 110;
const bridgeName = "cni0";

/** Configuration files of the node's processes by name in the region's `config` folder. */
export function nodeConfigFiles(settings: NodeSettings): Record<string, string> {
  return {
    "containerd.toml": containerdConfig(settings),
    "kubelet.yaml": stringify(kubeletConfig(settings)),
    "kube-proxy.yaml": stringify(kubeProxyConfig(settings)),
    // The region has no way out, so there is no name server beyond its own.
    "resolv.conf": "",
  };
}

/**
 * containerd 2, configuration version 3.
 *
 * Tested on cgroup v1 with the cgroupfs driver; with v2 it is the same driver, on the tree that the region gets.
 */
export function containerdConfig(settings: NodeSettings): string {
  const { layout } = settings;
  const text = (value: string): string => JSON.stringify(value);
  return `version = 3
root = ${text(layout.containerd)}
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.internal.v1.opt",
  "io.containerd.nri.v1.nri",
  "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.erofs",
  "io.containerd.snapshotter.v1.zfs",
]

[grpc]
  address = ${text(containerdSocket)}

[plugins.'io.containerd.cri.v1.images']
  snapshotter = ${text(settings.snapshotter)}

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = ${text(settings.images.pause)}

[plugins.'io.containerd.cri.v1.runtime']
  # Without CAP_SYS_RESOURCE a process cannot make itself, or a pod, less likely to be killed than it is.
  restrict_oom_score_adj = true
  tolerate_missing_hugetlb_controller = true
  disable_hugetlb_controller = true

[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = [${text(layout.cniBinaries)}]
  conf_dir = ${text(layout.cniConfig)}

[plugins.'io.containerd.cri.v1.runtime'.containerd]
  default_runtime_name = "runc"

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  runtime_path = ${text(binary(settings, "containerd-shim-runc-v2"))}

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  BinaryName = ${text(binary(settings, "runc"))}
  SystemdCgroup = false
`;
}

/** A bridge for the node's pods; each gets an address of the node's subnet. */
export function cniConfig(): string {
  return JSON.stringify({
    cniVersion: "1.0.0",
    name: "region",
    plugins: [
      {
        type: "bridge",
        bridge: bridgeName,
        isGateway: true,
        // A pod that calls itself through its own Service needs the bridge to send packets back where they came from.
        hairpinMode: true,
        ipam: {
          type: "host-local",
          ranges: [[{ subnet: podSubnet }]],
          routes: [{ dst: "0.0.0.0/0" }],
          // Forgotten with the namespaces, as the pods are.
          dataDir: "/run/cni/addresses",
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  });
}

export function kubeletConfig(settings: NodeSettings): Record<string, unknown> {
  const { layout } = settings;
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: settings.apiAddress,
    port: kubeletPort,
    readOnlyPort: 0,
    healthzBindAddress: "127.0.0.1",
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: layout.pki("cluster-ca.crt") } },
    authorization: { mode: "Webhook" },
    tlsCertFile: layout.pki("kubelet-server.crt"),
    tlsPrivateKeyFile: layout.pki("kubelet-server.key"),
    tlsMinVersion: "VersionTLS12",
    clusterDNS: [dnsServiceAddress],
    clusterDomain,
    resolvConf: layout.config("resolv.conf"),
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    cgroupDriver: "cgroupfs",
    // The region's own cgroup is the limit that matters; kubelet's tiers below it want controllers that a region may not have.
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    // Kernel settings belong to the machine: the namespace shows kubelet the values it wants, and it changes none.
    protectKernelDefaults: true,
    oomScoreAdj: 0,
    maxPods: podLimit,
    podLogsDir: layout.podLogs,
    containerLogMaxSize: logSizeLimit,
    containerLogMaxFiles: logFileLimit,
    volumePluginDir: `${layout.kubelet}/volume-plugins`,
    // Images were imported and cannot be pulled again, and the disk is the user's own: nothing is evicted for it.
    imageGCHighThresholdPercent: 100,
    evictionHard: { "memory.available": "100Mi", "nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%", "imagefs.inodesFree": "0%" },
    logging: { verbosity: 1 },
  };
}

export function kubeProxyConfig(settings: NodeSettings): Record<string, unknown> {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    clientConnection: { kubeconfig: settings.layout.componentKubeconfig("kube-proxy") },
    mode: "iptables",
    clusterCIDR: podSubnet,
    hostnameOverride: settings.nodes[0]?.name,
    healthzBindAddress: "127.0.0.1:10256",
    metricsBindAddress: "127.0.0.1:10249",
    // The size of the connection table is the machine's, not the region's.
    conntrack: { maxPerCore: 0, min: 0 },
    oomScoreAdj: 0,
  };
}
