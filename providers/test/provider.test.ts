import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { definitions } from "../tls/provider";
import { asSecret, isSecret, unknownValue } from "../kit/values";
import { ecdsa, make, makeAuthority, makeLeaf, providerAt, text, urnOf } from "./support";

const failures = async (name: string, inputs: Record<string, unknown>): Promise<string[]> =>
  (await providerAt().check(urnOf(name), {}, inputs)).failures.map(({ property, reason }) => `${property} ${reason}`);

describe("tls provider: check", () => {
  it("reports everything that is wrong at once, and prints no secret", async () => {
    const found = await failures("SelfSignedCert", {
      privateKeyPem: asSecret(7),
      allowedUses: ["serverAuth"],
      validityPeriodHours: 0.5,
      ipAddresses: ["1.2.3"],
      uris: ["nowhere"],
      subject: { commonName: "x", country: "Germany", unit: "y" },
      isCaCertificate: "yes",
      nonsense: true,
    });
    const expected = [
      /^privateKeyPem is "\(secret\)", must be text that is not empty$/,
      /^allowedUses is "serverAuth", must be one of digital_signature, .*server_auth/,
      /^validityPeriodHours is 0.5, must be a whole number from 1 to 876600$/,
      /^ipAddresses is "1.2.3", must be an IPv4 or IPv6 address$/,
      /^uris is "nowhere", must be an absolute URI$/,
      /^subject field "country" is "Germany", must be a code of two letters$/,
      /^subject has no field "unit"; it has: commonName,/,
      /^isCaCertificate is "yes", must be true or false$/,
      /^nonsense is not a property of this resource; it has: privateKeyPem,/,
    ];
    assert.equal(found.length, expected.length);
    for (const pattern of expected) assert.ok(found.some((failure) => pattern.test(failure)), String(pattern));
  });

  it("names what is missing and what the official provider has but this one has not", async () => {
    assert.deepEqual(await failures("CertRequest", {}), ["privateKeyPem is not set, and must be (text)"]);
    assert.deepEqual(await failures("CertRequest", { privateKeyPem: "x", privateKeyPemWo: "y" }), [
      "privateKeyPemWo is not served by the built-in provider; use privateKeyPem, which is kept as a secret",
    ]);
    assert.match((await failures("PrivateKey", { algorithm: "ECDSA" })).join(), /ecdsaCurve is not set, and its default P224 is not served.*P256, P384, P521/);
    assert.match((await failures("PrivateKey", { algorithm: "ED25519", rsaBits: 2048 })).join(), /rsaBits is set, but algorithm is "ED25519"/);
    const early = { privateKeyPem: "x", allowedUses: [], validityPeriodHours: 10, earlyRenewalHours: 10 };
    assert.match((await failures("SelfSignedCert", early)).join(), /earlyRenewalHours is 10, must be less than validityPeriodHours \(10\)/);
  });

  it("does not judge what is unknown during a preview", async () => {
    assert.deepEqual(await failures("PrivateKey", { algorithm: unknownValue, ecdsaCurve: "P256" }), []);
    assert.deepEqual(await failures("CertRequest", { privateKeyPem: asSecret(unknownValue), dnsNames: [unknownValue] }), []);
  });

  it("refuses types and functions that it does not serve", async () => {
    const urn = "urn:pulumi:s::p::tls:index/ephemeralKey:EphemeralKey::x";
    await assert.rejects(providerAt().check(urn, {}, {}), /tls:index\/ephemeralKey:EphemeralKey is not served .*tls:index\/privateKey:PrivateKey, .*official plugin/);
    await assert.rejects(providerAt().create(urn, {}), /is not served/);
    await assert.rejects(providerAt().invoke("tls:index/getCertificate:getCertificate"), /function tls:index\/getCertificate:getCertificate is not served/);
  });

  it("knows every input that the SDK has", () => {
    for (const { name, inputs } of definitions) {
      const file = join(require.resolve("@pulumi/tls/package.json"), "..", `${name.charAt(0).toLowerCase()}${name.slice(1)}.d.ts`);
      const declared = readFileSync(file, "utf8").split(`export interface ${name}Args {`)[1] ?? "";
      const names = [...declared.matchAll(/^ {4}(\w+)\??: pulumi\.Input</gm)].map((match) => match[1]);
      assert.ok(names.length >= 3, `${file} was not understood`);
      assert.deepEqual(Object.keys(inputs).sort(), names.sort(), name);
    }
  });
});

describe("tls provider: secrets", () => {
  it("marks private keys and nothing else", async () => {
    const authority = await makeAuthority();
    const leaf = await makeLeaf(authority);
    const secrets = (raw: Record<string, unknown>) => Object.keys(raw).filter((name) => isSecret(raw[name])).sort();
    assert.deepEqual(secrets(authority.key.raw), ["privateKeyPem", "privateKeyPemPkcs8"]);
    assert.deepEqual(secrets(authority.certificate.raw), ["privateKeyPem"]);
    assert.deepEqual(secrets(leaf.request.raw), ["privateKeyPem"]);
    assert.deepEqual(secrets(leaf.certificate.raw), ["caPrivateKeyPem"]);
  });

  it("marks a key that the program gave in clear, and keeps what the program marked", async () => {
    const key = await make("PrivateKey", ecdsa);
    const request = await make("CertRequest", { privateKeyPem: text(key, "privateKeyPem"), subject: asSecret({ commonName: "hidden" }) });
    assert.ok(isSecret(request.raw["privateKeyPem"]) && isSecret(request.raw["subject"]));
    assert.deepEqual(request.plain["subject"], { commonName: "hidden" });
  });
});

describe("tls provider: changes", () => {
  const inputsOf = (raw: Record<string, unknown>, name: string): Record<string, unknown> => {
    const inputs = definitions.find((definition) => definition.name === name)?.inputs ?? {};
    return Object.fromEntries(Object.entries(raw).filter(([property]) => property in inputs));
  };
  const diff = async (raw: Record<string, unknown>, change: Record<string, unknown> = {}, atHours = 0) => {
    const provider = providerAt(atHours);
    const { inputs } = await provider.check(urnOf("SelfSignedCert"), {}, { ...inputsOf(raw, "SelfSignedCert"), ...change });
    return provider.diff("id", urnOf("SelfSignedCert"), raw, inputs);
  };

  it("sees none when nothing changed, with inputs marked or not", async () => {
    const { certificate } = await makeAuthority({ earlyRenewalHours: 10 });
    assert.deepEqual(await diff(certificate.raw), { changes: false, replaces: [] });
    assert.deepEqual(await diff(certificate.raw, { privateKeyPem: certificate.plain["privateKeyPem"], dnsNames: null }), { changes: false, replaces: [] });
  });

  it("replaces for a changed, added, removed or unknown input", async () => {
    const { certificate } = await makeAuthority({ dnsNames: ["a"] });
    for (const [name, value] of [["subject", { commonName: "new" }], ["uris", ["a:b"]], ["dnsNames", undefined], ["privateKeyPem", unknownValue]] as const) {
      assert.deepEqual(await diff(certificate.raw, { [name]: value }), { changes: true, replaces: [name] });
    }
  });

  it("updates the renewal period in place", async () => {
    const { certificate } = await makeAuthority({ earlyRenewalHours: 10 });
    const found = await diff(certificate.raw, { earlyRenewalHours: 20 });
    assert.deepEqual(found, { changes: true, replaces: [] });
    const { outs } = await providerAt().update(certificate.id, urnOf("SelfSignedCert"), certificate.raw, { earlyRenewalHours: 20 });
    assert.deepEqual(outs, { ...certificate.raw, earlyRenewalHours: 20 });
  });

  it("replaces a certificate from the hour on at which its renewal is due", async () => {
    const { certificate } = await makeAuthority({ earlyRenewalHours: 10 });
    assert.deepEqual(await diff(certificate.raw, {}, 989), { changes: false, replaces: [] });
    assert.deepEqual(await diff(certificate.raw, {}, 990), { changes: true, replaces: ["readyForRenewal"] });
    const renewed = await makeAuthority({ earlyRenewalHours: 10 }, ecdsa, providerAt(990));
    assert.deepEqual(await diff(renewed.certificate.raw, {}, 990), { changes: false, replaces: [] });
  });

  it("reads the state back with what time has changed, and refuses an import", async () => {
    const { certificate } = await makeAuthority({ earlyRenewalHours: 10 });
    const urn = urnOf("SelfSignedCert");
    const before = await providerAt(989).read(certificate.id, urn, certificate.raw);
    assert.deepEqual(before, { id: certificate.id, props: certificate.raw, inputs: inputsOf(certificate.raw, "SelfSignedCert") });
    const after = await providerAt(990).read(certificate.id, urn, certificate.raw);
    assert.deepEqual(after.props, { ...certificate.raw, readyForRenewal: true });
    await assert.rejects(providerAt().read("7", urn, {}), /SelfSignedCert 7 cannot be imported/);
  });
});
