import assert from "node:assert/strict";
import { daemonsOf } from "../processes/plan";
import { cniConfig, containerdConfig, kubeProxyConfig, kubeletConfig, nodeConfigFiles } from "../processes/node-config";
import { nodeSettings, simulatedSettings } from "./support/region";

/** The flags of one process as a map. */
function flagsOf(daemons: ReturnType<typeof daemonsOf>, name: string): Record<string, string> {
  const daemon = daemons.find((candidate) => candidate.name === name);
  assert.ok(daemon !== undefined, `no ${name}`);
  return Object.fromEntries(daemon.args.map((arg) => {
    const [flag, ...value] = arg.slice(2).split("=");
    return [flag ?? "", value.join("=")];
  }));
}

describe("processes of a region", () => {
  it("are a control plane and kwok when simulated, and a whole node otherwise", () => {
    assert.deepEqual(daemonsOf(simulatedSettings()).map(({ name }) => name), ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"]);
    assert.deepEqual(daemonsOf(nodeSettings()).map(({ name }) => name), ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "containerd", "kubelet", "kube-proxy", "kube-router"]);
  });

  for (const settings of [simulatedSettings(), nodeSettings()]) {
    describe(`in mode ${settings.mode}`, () => {
      const daemons = daemonsOf(settings);

      it("start from the toolchain's binaries, storage first", () => {
        for (const { command } of daemons) assert.match(command, /^\/tools\//);
        const order = daemons.map(({ stage }) => ["storage", "api", "rest"].indexOf(stage));
        assert.equal(daemons[0]?.name, "etcd");
        assert.equal(order[0], 0);
        assert.deepEqual(daemons.filter(({ stage }) => stage === "api").map(({ name }) => name), ["kube-apiserver"]);
      });

      it("speak TLS with both ends known between API server and etcd", () => {
        const etcd = flagsOf(daemons, "etcd");
        for (const kind of ["listen-client-urls", "listen-peer-urls", "advertise-client-urls"]) assert.match(etcd[kind] ?? "", /^https:\/\/127\.0\.0\.1:/);
        assert.equal(etcd["client-cert-auth"], "true");
        assert.equal(etcd["peer-client-cert-auth"], "true");
        const api = flagsOf(daemons, "kube-apiserver");
        assert.equal(api["etcd-servers"], etcd["listen-client-urls"]);
        assert.equal(api["etcd-certfile"], settings.layout.pki("etcd-client.crt"));
        assert.equal(api["etcd-cafile"], etcd["trusted-ca-file"]);
      });

      it("let nobody in without credentials, give kubelets their own objects only, and encrypt Secrets", () => {
        const api = flagsOf(daemons, "kube-apiserver");
        assert.equal(api["anonymous-auth"], "false");
        assert.equal(api["authorization-mode"], "Node,RBAC");
        assert.equal(api["enable-admission-plugins"], "NodeRestriction");
        assert.equal(api["encryption-provider-config"], settings.layout.pki("secrets-encryption.yaml"));
        assert.equal(api["tls-cert-file"], settings.layout.pki("kube-apiserver.crt"));
      });

      it("serve with certificates of the region on loopback: controller manager and scheduler", () => {
        for (const name of ["kube-controller-manager", "kube-scheduler"]) {
          const flags = flagsOf(daemons, name);
          assert.equal(flags["bind-address"], "127.0.0.1");
          assert.equal(flags["tls-cert-file"], settings.layout.pki(`${name}-server.crt`));
          assert.equal(flags["kubeconfig"], settings.layout.componentKubeconfig(name));
        }
      });

      it("show no secret in their arguments: only paths of files", () => {
        const text = JSON.stringify(daemons.map(({ args }) => args));
        assert.doesNotMatch(text, /BEGIN|--token=|--password|bearer/i);
      });
    });
  }

  it("listen on loopback and on their own ports when simulated", () => {
    const api = flagsOf(daemonsOf(simulatedSettings()), "kube-apiserver");
    assert.deepEqual([api["bind-address"], api["advertise-address"], api["secure-port"]], ["127.0.0.1", "127.0.0.1", "21000"]);
    assert.equal(flagsOf(daemonsOf(simulatedSettings()), "kwok")["node-port"], "0");
  });

  it("advertise the region's own address on a node", () => {
    const daemons = daemonsOf(nodeSettings());
    const api = flagsOf(daemons, "kube-apiserver");
    assert.deepEqual([api["advertise-address"], api["secure-port"]], ["10.213.2.2", "6443"]);
    const kubelet = flagsOf(daemons, "kubelet");
    assert.equal(kubelet["node-ip"], "10.213.2.2");
    assert.equal(kubelet["hostname-override"], "demo-node-a");
    assert.equal(kubelet["node-labels"], "topology.kubernetes.io/region=demo,topology.kubernetes.io/zone=demo-a");
    const router = flagsOf(daemons, "kube-router");
    assert.deepEqual([router["run-firewall"], router["run-router"], router["run-service-proxy"]], ["true", "false", "false"]);
  });
});

describe("configuration of a node", () => {
  const settings = nodeSettings();

  it("has containerd use the toolchain's runtime, the region's pause image and folders", () => {
    const text = containerdConfig(settings);
    assert.match(text, /^version = 3$/m);
    assert.match(text, /^root = "\/run\/agentic-flow\/containerd"$/m);
    assert.match(text, /^ {2}sandbox = "agentic-flow\.local\/pause@sha256:1"$/m);
    assert.match(text, /^ {2}BinaryName = "\/tools\/runc"$/m);
    assert.match(text, /^ {2}runtime_path = "\/tools\/containerd-shim-runc-v2"$/m);
    assert.match(text, /^ {2}restrict_oom_score_adj = true$/m);
    assert.match(containerdConfig({ ...settings, snapshotter: "native" }), /^ {2}snapshotter = "native"$/m);
  });

  it("has kubelet refuse strangers and leave the machine's settings and images alone", () => {
    const config = kubeletConfig(settings) as { authentication: object; authorization: object; evictionHard: Record<string, string>; [name: string]: unknown };
    assert.deepEqual(config.authentication, { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: "/run/agentic-flow/pki/cluster-ca.crt" } });
    assert.deepEqual(config.authorization, { mode: "Webhook" });
    assert.equal(config["readOnlyPort"], 0);
    assert.equal(config["protectKernelDefaults"], true);
    assert.equal(config["imageGCHighThresholdPercent"], 100);
    assert.equal(config.evictionHard["nodefs.available"], "0%");
    assert.equal(config["tlsCertFile"], "/run/agentic-flow/pki/kubelet-server.crt");
  });

  it("has kube-proxy leave the machine's connection table alone", () => {
    const config = kubeProxyConfig(settings);
    assert.deepEqual(config["conntrack"], { maxPerCore: 0, min: 0 });
    assert.equal(config["metricsBindAddress"], "127.0.0.1:10249");
  });

  it("keeps the addresses of pods inside the region", () => {
    const config = JSON.parse(cniConfig()) as { plugins: { type: string; ipam?: { ranges: unknown; dataDir: string } }[] };
    assert.deepEqual(config.plugins.map(({ type }) => type), ["bridge", "portmap"]);
    assert.deepEqual(config.plugins[0]?.ipam?.ranges, [[{ subnet: "10.244.0.0/24" }]]);
    assert.match(config.plugins[0]?.ipam?.dataDir ?? "", /^\/run\//);
  });

  it("is one file per process and a resolver without servers", () => {
    const files = nodeConfigFiles(settings);
    assert.deepEqual(Object.keys(files).sort(), ["containerd.toml", "kube-proxy.yaml", "kubelet.yaml", "resolv.conf"]);
    assert.equal(files["resolv.conf"], "");
  });
});
