import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { EtcdCluster } from "../../components/etcd";
import type { EtcdClusterArgs } from "../../components/etcd";
import { FaultsError } from "../../config";
import { register, valueOf } from "../support/mocks";
import { IMAGE, SURROUNDINGS, surroundings } from "../support/surroundings";

type Own = Omit<EtcdClusterArgs, "cluster" | "namespace">;

const ARGS: Own = {
  image: IMAGE,
  settings: { members: 3, storage: "20Gi", cpuRequest: "500m", memoryRequest: "1Gi", memoryLimit: "2Gi" },
  certificates: { authorityValidityHours: 87_600, validityHours: 8_760, earlyRenewalHours: 2_190 },
  clients: ["agent"],
};

/** Component, TLS provider, two authorities of 3, three certificates of 4, the workload of 7. */
const ETCD = SURROUNDINGS + 2 + 2 * 3 + 3 * 4 + 7;

const cluster = (own: Own = ARGS) => new EtcdCluster("etcd", { ...surroundings(), ...own });
const MEMBERS = [0, 1, 2].map((index) => `etcd-${index}.etcd-pods.agentic-flow.svc`);

interface Container {
  readonly args: readonly string[];
  readonly env: unknown;
}

interface StatefulSetSpec {
  readonly replicas: number;
  readonly template: { readonly spec: { readonly containers: readonly [Container]; readonly volumes: unknown } };
}

describe("EtcdCluster", () => {
  it("runs its members with certificates on every port that carries data", async () => {
    const { mocks } = await register(ETCD, () => cluster());
    const spec = mocks.only("kubernetes:apps/v1:StatefulSet", "etcd").inputs["spec"] as StatefulSetSpec;
    assert.equal(spec.replicas, 3);
    const [container] = spec.template.spec.containers;
    assert.deepEqual(container.env, [{ name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }]);
    const flags = Object.fromEntries(container.args.map((flag) => flag.replace(/^--/, "").split(/=(.*)/s) as [string, string]));
    assert.deepEqual(flags, {
      name: "$(POD_NAME)",
      "data-dir": "/var/lib/etcd/data",
      "listen-client-urls": "https://0.0.0.0:2379",
      "listen-client-http-urls": "https://127.0.0.1:2382",
      "advertise-client-urls": "https://$(POD_NAME).etcd-pods.agentic-flow.svc:2379",
      "listen-peer-urls": "https://0.0.0.0:2380",
      "initial-advertise-peer-urls": "https://$(POD_NAME).etcd-pods.agentic-flow.svc:2380",
      "listen-metrics-urls": "http://0.0.0.0:2381",
      "initial-cluster": MEMBERS.map((host, index) => `etcd-${index}=https://${host}:2380`).join(","),
      "initial-cluster-token": "agentic-flow-etcd",
      "initial-cluster-state": "new",
      "strict-reconfig-check": "true",
      "cert-file": "/etc/etcd/server/tls.crt",
      "key-file": "/etc/etcd/server/tls.key",
      "trusted-ca-file": "/etc/etcd/server/ca.crt",
      "client-cert-auth": "true",
      "peer-cert-file": "/etc/etcd/peer/tls.crt",
      "peer-key-file": "/etc/etcd/peer/tls.key",
      "peer-trusted-ca-file": "/etc/etcd/peer/ca.crt",
      "peer-client-cert-auth": "true",
      "tls-min-version": "TLS1.3",
      "enable-grpc-gateway": "false",
      "quota-backend-bytes": String(8 * 2 ** 30),
      "max-request-bytes": "1572864",
      "auto-compaction-mode": "periodic",
      "auto-compaction-retention": "1h",
      "feature-gates": "InitialCorruptCheck=true",
      logger: "zap",
      "log-level": "info",
    });
  });

  it("keeps half of a small volume free", async () => {
    const { mocks } = await register(ETCD, () => cluster({ ...ARGS, settings: { ...ARGS.settings, storage: "1Gi" } }));
    const spec = mocks.only("kubernetes:apps/v1:StatefulSet", "etcd").inputs["spec"] as StatefulSetSpec;
    assert.ok(spec.template.spec.containers[0].args.includes(`--quota-backend-bytes=${2 ** 29}`));
  });

  it("has one authority for members and another for clients", async () => {
    const { mocks } = await register(ETCD, () => cluster());
    assert.deepEqual(mocks.only("tls:index/selfSignedCert:SelfSignedCert", "etcd-client-ca").inputs, {
      privateKeyPem: "key of etcd-client-ca",
      subject: { commonName: "etcd clients, local", organization: "agentic-flow" },
      isCaCertificate: true,
      setSubjectKeyId: true,
      allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
      validityPeriodHours: 87_600,
    });
    const issuers = mocks
      .ofType("tls:index/locallySignedCert:LocallySignedCert")
      .map(({ name, inputs }) => [name, inputs["caCertPem"], inputs["caPrivateKeyPem"], inputs["allowedUses"]]);
    assert.deepEqual(issuers.sort(), [
      ["etcd-client-agent", "certificate of etcd-client-ca", "key of etcd-client-ca", ["digital_signature", "client_auth"]],
      ["etcd-peer", "certificate of etcd-peer-ca", "key of etcd-peer-ca", ["digital_signature", "server_auth", "client_auth"]],
      ["etcd-server", "certificate of etcd-client-ca", "key of etcd-client-ca", ["digital_signature", "server_auth"]],
    ]);
    for (const { inputs } of mocks.ofType("tls:index/locallySignedCert:LocallySignedCert")) {
      assert.deepEqual([inputs["validityPeriodHours"], inputs["earlyRenewalHours"]], [8_760, 2_190]);
    }
    for (const { inputs } of mocks.ofType("tls:index/privateKey:PrivateKey")) {
      assert.deepEqual(inputs, { algorithm: "ECDSA", ecdsaCurve: "P256" });
    }
  });

  it("names its members in their certificates, and clients by common name only", async () => {
    const { mocks } = await register(ETCD, () => cluster());
    const request = (name: string) => mocks.only("tls:index/certRequest:CertRequest", name).inputs;
    assert.deepEqual(request("etcd-peer")["dnsNames"], MEMBERS);
    assert.deepEqual(request("etcd-server")["dnsNames"], [...MEMBERS, "etcd.agentic-flow.svc", "etcd-pods.agentic-flow.svc"]);
    assert.deepEqual(request("etcd-client-agent"), {
      privateKeyPem: "key of etcd-client-agent",
      subject: { commonName: "agent", organization: "agentic-flow" },
    });
  });

  it("puts each certificate into a Secret of its own, marked secret, named by content", async () => {
    const { mocks, result } = await register(ETCD, () => cluster());
    const secret = mocks.only("kubernetes:core/v1:Secret", "etcd-client-agent");
    assert.deepEqual(secret.inputs["stringData"], {
      "ca.crt": "certificate of etcd-client-ca",
      "tls.crt": "certificate of etcd-client-agent",
      "tls.key": "key of etcd-client-agent",
    });
    assert.equal(secret.inputs["immutable"], true);
    assert.ok(!("name" in (secret.inputs["metadata"] as object)));
    assert.ok(secret.secrets.includes("stringData"));
    const agent = result.clients["agent"];
    assert.ok(agent !== undefined);
    assert.deepEqual(agent.access, {
      endpoints: MEMBERS.map((host) => `https://${host}:2379`),
      caFile: "/etc/agentic-flow/etcd/ca.crt",
      certFile: "/etc/agentic-flow/etcd/tls.crt",
      keyFile: "/etc/agentic-flow/etcd/tls.key",
    });
    assert.deepEqual(agent.destinations, [{ labels: { "app.kubernetes.io/name": "etcd" }, port: 2379 }]);
    const [files] = agent.files;
    assert.ok(files !== undefined && "secretName" in files.source);
    assert.equal(await valueOf(files.source.secretName as never), "etcd-client-agent-suffix");
  });

  it("is reached by its clients on one port and by its members on another", async () => {
    const { mocks } = await register(ETCD, () => cluster());
    const policy = mocks.only("kubernetes:networking.k8s.io/v1:NetworkPolicy", "etcd").inputs["spec"] as Record<string, unknown>;
    const from = (name: string) => [{ podSelector: { matchLabels: { "app.kubernetes.io/name": name } } }];
    assert.deepEqual(policy["ingress"], [
      { ports: [{ protocol: "TCP", port: 2379 }], from: from("agent") },
      { ports: [{ protocol: "TCP", port: 2380 }], from: from("etcd") },
    ]);
    assert.deepEqual(policy["egress"], [{ ports: [{ protocol: "TCP", port: 2380 }], to: from("etcd") }]);
  });

  it("refuses an even number of members, a volume without size and a client named twice, all at once", async () => {
    const wrong = { ...ARGS, clients: ["agent", "agent"], settings: { ...ARGS.settings, members: 2 as 1, storage: "" } };
    await register(SURROUNDINGS + 1, () =>
      assert.throws(
        () => cluster(wrong),
        (error) =>
          error instanceof FaultsError &&
          error.faults.map((fault) => fault.property).join() === "settings.members,settings.storage,clients[1]",
      ),
    );
  });
});
