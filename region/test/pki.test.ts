import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { createServer, get } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parse } from "yaml";
import { Layout } from "../directory";
import { createAuthority, isUsable, issueLeaf } from "../pki/certificate";
import { kubeconfig } from "../pki/kubeconfig";
import { ensurePki, leafSpecs } from "../pki/region-pki";
import { nodesOf } from "../settings";
import { withFolder } from "./support/region";

describe("certificates", () => {
  it("of an authority may sign leaves and nothing else", async () => {
    const { certificate } = await createAuthority("test");
    const parsed = new X509Certificate(certificate);
    assert.equal(parsed.ca, true);
    assert.equal(parsed.subject, "CN=test");
    assert.equal(parsed.verify(parsed.publicKey), true);
  });

  it("carry names, addresses, groups and uses", async () => {
    const authority = await createAuthority("test");
    const { certificate } = await issueLeaf(authority, { commonName: "system:node:a", organizations: ["system:nodes"], dnsNames: ["a"], ipAddresses: ["10.213.0.2"], usages: ["server", "client"] });
    const parsed = new X509Certificate(certificate);
    assert.equal(parsed.ca, false);
    assert.equal(parsed.subject, "O=system:nodes\nCN=system:node:a");
    assert.equal(parsed.subjectAltName, "DNS:a, IP Address:10.213.0.2");
    assert.deepEqual(parsed.keyUsage, ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    assert.equal(parsed.checkIssued(new X509Certificate(authority.certificate)), true);
  });

  it("are usable only with their own key, their own authority, and time left", async () => {
    const [authority, other] = [await createAuthority("a"), await createAuthority("a")];
    const leaf = await issueLeaf(authority, { commonName: "x", usages: ["client"], validityDays: 40 });
    assert.equal(isUsable(leaf, authority.certificate, 30), true);
    assert.equal(isUsable(leaf, authority.certificate, 50), false);
    assert.equal(isUsable(leaf, other.certificate, 30), false);
    assert.equal(isUsable({ ...leaf, key: other.key }, authority.certificate, 30), false);
    assert.equal(isUsable({ certificate: "broken", key: leaf.key }, authority.certificate, 30), false);
  });

  it("make a TLS connection with both ends known, and none without", async () => {
    const authority = await createAuthority("test");
    const server = await issueLeaf(authority, { commonName: "server", ipAddresses: ["127.0.0.1"], usages: ["server"] });
    const client = await issueLeaf(authority, { commonName: "me", usages: ["client"] });
    const listener = createServer({ cert: server.certificate, key: server.key, ca: authority.certificate, requestCert: true, rejectUnauthorized: true }, (_, response) => response.end("in"));
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const { port } = listener.address() as AddressInfo;
    const ask = (credentials: object): Promise<number> => new Promise((resolve, reject) => {
      get({ host: "127.0.0.1", port, ca: authority.certificate, agent: false, ...credentials }, (response) => resolve(response.resume().statusCode ?? 0)).once("error", reject);
    });
    try {
      assert.equal(await ask({ cert: client.certificate, key: client.key }), 200);
      await assert.rejects(ask({}));
      const stranger = await issueLeaf(await createAuthority("test"), { commonName: "me", usages: ["client"] });
      await assert.rejects(ask({ cert: stranger.certificate, key: stranger.key }));
    } finally {
      listener.close();
    }
  });
});

describe("keys and certificates of a region", () => {
  const subject = { name: "demo", apiAddress: "10.213.2.2", nodes: nodesOf("demo", "node") };

  it("are files that only their owner can read, each leaf signed by the authority of its circle", () => withFolder(async (folder) => {
    const layout = new Layout(folder);
    await ensurePki(layout, subject);
    const specs = leafSpecs(subject);
    const expected = [
      ...["cluster-ca", "etcd-ca", "front-proxy-ca", ...Object.keys(specs)].flatMap((name) => [`${name}.crt`, `${name}.key`]),
      "secrets-encryption.yaml", "service-account.key", "service-account.pub",
    ].sort();
    assert.deepEqual(readdirSync(join(folder, "pki")).sort(), expected);
    assert.equal(statSync(join(folder, "pki")).mode & 0o777, 0o700);
    for (const file of expected) assert.equal(statSync(layout.pki(file)).mode & 0o777, 0o600, file);
    const text = (file: string): string => readFileSync(layout.pki(file), "utf8");
    for (const [name, { authority }] of Object.entries(specs)) {
      assert.equal(isUsable({ certificate: text(`${name}.crt`), key: text(`${name}.key`) }, text(`${authority}-ca.crt`), 365), true, name);
    }
  }));

  it("let nobody from one circle into another", () => {
    const specs = leafSpecs(subject);
    assert.equal(specs["etcd-client"]?.authority, "etcd");
    assert.equal(specs["front-proxy-client"]?.authority, "front-proxy");
    const masters = Object.entries(specs).filter(([, { organizations }]) => organizations?.includes("system:masters")).map(([name]) => name);
    assert.deepEqual(masters, ["admin", "supervisor"]);
    assert.deepEqual(specs["kube-apiserver"]?.ipAddresses, ["127.0.0.1", "10.213.2.2", "10.96.0.1"]);
    assert.equal(specs["kubelet"]?.commonName, "system:node:demo-node-a");
  });

  it("stay as they are at the next start; what is lost is made anew under the same authority", () => withFolder(async (folder) => {
    const layout = new Layout(folder);
    await ensurePki(layout, subject);
    const read = (file: string): string => readFileSync(layout.pki(file), "utf8");
    const before = ["cluster-ca.key", "admin.crt", "service-account.key", "secrets-encryption.yaml"].map(read);
    rmSync(layout.pki("kubelet.crt"));
    await ensurePki(layout, subject);
    assert.deepEqual(["cluster-ca.key", "admin.crt", "service-account.key", "secrets-encryption.yaml"].map(read), before);
    assert.equal(isUsable({ certificate: read("kubelet.crt"), key: read("kubelet.key") }, read("cluster-ca.crt"), 365), true);
  }));

  it("encrypt Secrets with a key of 32 bytes before anything else", () => withFolder(async (folder) => {
    const layout = new Layout(folder);
    await ensurePki(layout, subject);
    const config = parse(readFileSync(layout.pki("secrets-encryption.yaml"), "utf8")) as { resources: { resources: string[]; providers: { secretbox?: { keys: { secret: string }[] }; identity?: object }[] }[] };
    const [rule] = config.resources;
    assert.deepEqual(rule?.resources, ["secrets"]);
    assert.equal(Buffer.from(rule?.providers[0]?.secretbox?.keys[0]?.secret ?? "", "base64").length, 32);
    assert.deepEqual(rule?.providers[1], { identity: {} });
  }));
});

describe("kubeconfig", () => {
  it("holds server, authority and credentials, and points to them", () => {
    const text = kubeconfig({ cluster: "c", server: "https://10.213.0.2:6443", authority: "CA", user: "u", credentials: { certificate: "CERT", key: "KEY" } });
    const base64 = (value: string): string => Buffer.from(value).toString("base64");
    assert.deepEqual(parse(text), {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "c", cluster: { server: "https://10.213.0.2:6443", "certificate-authority-data": base64("CA") } }],
      users: [{ name: "u", user: { "client-certificate-data": base64("CERT"), "client-key-data": base64("KEY") } }],
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      "current-context": "c",
    });
  });
});
