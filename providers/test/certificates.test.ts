import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:tls";
import type { TLSSocket } from "node:tls";
import type { AddressInfo } from "node:net";
import { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension, X509Certificate as Parsed } from "../tls/x509";
import { TlsProvider } from "../tls/provider";
import { ecdsa, make, makeAuthority, makeLeaf, text } from "./support";

describe("tls provider: keys", () => {
  for (const [inputs, type, header] of [
    [{ algorithm: "ECDSA", ecdsaCurve: "P256" }, "ec", "EC PRIVATE KEY"],
    [{ algorithm: "ECDSA", ecdsaCurve: "P384" }, "ec", "EC PRIVATE KEY"],
    [{ algorithm: "RSA", rsaBits: 3072 }, "rsa", "RSA PRIVATE KEY"],
    [{ algorithm: "RSA" }, "rsa", "RSA PRIVATE KEY"],
    [{ algorithm: "ED25519" }, "ed25519", "PRIVATE KEY"],
  ] as const) {
    it(`makes ${JSON.stringify(inputs)} in both forms`, async () => {
      const key = await make("PrivateKey", inputs);
      const pem = text(key, "privateKeyPem");
      assert.ok(pem.startsWith(`-----BEGIN ${header}-----\n`));
      const read = createPrivateKey(pem);
      assert.equal(read.asymmetricKeyType, type);
      if (type === "rsa") assert.equal(read.asymmetricKeyDetails?.modulusLength, "rsaBits" in inputs ? inputs.rsaBits : 2048);
      assert.ok(read.equals(createPrivateKey(text(key, "privateKeyPemPkcs8"))));
      assert.ok(createPublicKey(read).equals(createPublicKey(text(key, "publicKeyPem"))));
      assert.match(key.id, /^[0-9a-f]{40}$/);
    });
  }
});

describe("tls provider: certificates", () => {
  it("signs a root that carries its subject, uses, limits and times", async () => {
    const { certificate } = await makeAuthority({ maxPathLength: 0, setAuthorityKeyId: true });
    const root = new X509Certificate(text(certificate, "certPem"));
    assert.ok(root.ca && root.checkIssued(root) && root.verify(root.publicKey));
    assert.equal(root.subject, "O=Agentic Flow\nCN=authority");
    assert.equal(certificate.id, BigInt(`0x${root.serialNumber}`).toString());
    assert.deepEqual([root.validFromDate.toISOString(), root.validToDate.toISOString()], ["2030-01-01T00:00:00.000Z", "2030-02-11T16:00:00.000Z"]);
    const { validityStartTime, validityEndTime, keyAlgorithm, readyForRenewal } = certificate.plain;
    assert.deepEqual([validityStartTime, validityEndTime, keyAlgorithm, readyForRenewal], ["2030-01-01T00:00:00Z", "2030-02-11T16:00:00Z", "ECDSA", false]);
    const parsed = new Parsed(text(certificate, "certPem"));
    assert.equal(parsed.getExtension(BasicConstraintsExtension)?.pathLength, 0);
    assert.equal(parsed.getExtension(KeyUsagesExtension)?.usages, KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature);
    const critical = [...parsed.extensions].filter((extension) => extension.critical).map((extension) => extension.type).sort();
    assert.deepEqual(critical, ["2.5.29.15", "2.5.29.19"]);
  });

  for (const [what, key] of [["ECDSA P384", { algorithm: "ECDSA", ecdsaCurve: "P384" }], ["RSA", { algorithm: "RSA" }], ["ED25519", { algorithm: "ED25519" }]] as const) {
    it(`signs a request with an authority of ${what}, for the names of the request`, async () => {
      const authority = await makeAuthority({}, key);
      const leaf = await makeLeaf(authority, { certificate: { setSubjectKeyId: true } });
      const [root, certificate] = [authority.certificate, leaf.certificate].map((made) => new X509Certificate(text(made, "certPem")));
      assert.ok(root !== undefined && certificate !== undefined);
      assert.ok(certificate.checkIssued(root) && certificate.verify(root.publicKey) && !certificate.ca);
      assert.ok(certificate.checkPrivateKey(createPrivateKey(text(leaf.key, "privateKeyPem"))));
      assert.equal(certificate.subjectAltName, "DNS:localhost, DNS:*.etcd.svc, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, URI:spiffe://local/etcd");
      assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
      assert.equal(leaf.certificate.plain["caKeyAlgorithm"], key.algorithm);
      assert.equal(leaf.request.plain["keyAlgorithm"], "ECDSA");
    });
  }

  it("serves a TLS handshake with mutual authentication, and one without a client certificate fails", async () => {
    const now = new TlsProvider({ version: "5.6.1" });
    const authority = await makeAuthority({}, ecdsa, now);
    const server = await makeLeaf(authority, {}, now);
    const client = await makeLeaf(authority, { request: { subject: { commonName: "agent" }, dnsNames: [], ipAddresses: [], uris: [] } }, now);
    const ca = text(authority.certificate, "certPem");
    const identity = (leaf: typeof server) => ({ ca, cert: text(leaf.certificate, "certPem"), key: text(leaf.key, "privateKeyPem") });
    const listener = createServer({ ...identity(server), requestCert: true, rejectUnauthorized: true }, (socket) => {
      socket.end(String(socket.getPeerCertificate().subject.CN));
    }).listen(0, "127.0.0.1");
    try {
      await once(listener, "listening");
      const { port } = listener.address() as AddressInfo;
      const answer = async (socket: TLSSocket): Promise<string> => {
        let said = "";
        for await (const chunk of socket) said += String(chunk);
        return said;
      };
      assert.equal(await answer(connect({ port, host: "127.0.0.1", servername: "localhost", ...identity(client) })), "agent");
      await assert.rejects(answer(connect({ port, host: "127.0.0.1", servername: "localhost", ca })), /certificate required/);
      await assert.rejects(answer(connect({ port, host: "127.0.0.1", servername: "elsewhere", ...identity(client) })), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
    } finally {
      listener.close();
    }
  });

  it("makes the alternative names critical when there is no subject", async () => {
    const leaf = await makeLeaf(await makeAuthority(), { request: { subject: {} } });
    const names = new Parsed(text(leaf.certificate, "certPem")).getExtension("2.5.29.17");
    assert.equal(names?.critical, true);
  });

  it("refuses a key that is not the authority's, an authority that is none, and what is not PEM", async () => {
    const authority = await makeAuthority();
    const other = await makeAuthority();
    await assert.rejects(makeLeaf({ ...authority, key: other.key }), /caPrivateKeyPem is not the key of caCertPem/);
    const plainCertificate = await makeAuthority({ isCaCertificate: false });
    await assert.rejects(makeLeaf(plainCertificate), /caCertPem \(.*\) is not an authority; create it with isCaCertificate: true/s);
    await assert.rejects(makeLeaf(authority, { certificate: { certRequestPem: "nonsense" } }), /certRequestPem is not a certificate request in PEM form/);
    const secret = "not a key but secret";
    await assert.rejects(makeAuthority({ privateKeyPem: secret }), (error: Error) =>
      /privateKeyPem is not an unencrypted private key/.test(error.message) && !error.message.includes(secret));
  });
});
