import assert from "node:assert/strict";
import { tokenOf } from "../kit/definition";
import { TlsProvider } from "../tls/provider";
import { plainProperties } from "../kit/values";

export const start = new Date("2030-01-01T00:00:00Z");
export const hour = 3_600_000;

export function urnOf(name: string, provider = "tls"): string {
  return `urn:pulumi:local::agentic-flow::agentic-flow:components:Etcd$${tokenOf(provider, name)}::sample`;
}

/** A provider whose clock stands still at an hour after `start`. */
export function providerAt(hours = 0): TlsProvider {
  return new TlsProvider({ version: "5.6.1", now: () => new Date(start.getTime() + hours * hour) });
}

export interface Resource {
  readonly id: string;
  /** As the provider gave them, with the marks of secrets. */
  readonly raw: Record<string, unknown>;
  readonly plain: Record<string, unknown>;
}

/** What the engine does for a new resource: check, then create. */
export async function make(name: string, inputs: Record<string, unknown>, provider = providerAt()): Promise<Resource> {
  const checked = await provider.check(urnOf(name), {}, inputs);
  assert.deepEqual(checked.failures, []);
  const { id, outs } = await provider.create(urnOf(name), checked.inputs);
  const raw = outs as Record<string, unknown>;
  return { id, raw, plain: plainProperties(raw) };
}

export function text(resource: Resource, name: string): string {
  const value = resource.plain[name];
  assert.equal(typeof value, "string", `${name} must be text`);
  return value as string;
}

export const ecdsa = { algorithm: "ECDSA", ecdsaCurve: "P256" };

/** An authority with its key. */
export async function makeAuthority(more: Record<string, unknown> = {}, key: Record<string, unknown> = ecdsa, provider = providerAt()): Promise<{
  readonly key: Resource; readonly certificate: Resource;
}> {
  const made = await make("PrivateKey", key, provider);
  const certificate = await make("SelfSignedCert", {
    privateKeyPem: made.raw["privateKeyPem"],
    subject: { commonName: "authority", organization: "Agentic Flow" },
    allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
    isCaCertificate: true,
    validityPeriodHours: 1000,
    ...more,
  }, provider);
  return { key: made, certificate };
}

/** A certificate from that authority, with its key. */
export async function makeLeaf(
  authority: Awaited<ReturnType<typeof makeAuthority>>,
  o: { readonly request?: Record<string, unknown>; readonly certificate?: Record<string, unknown>; readonly key?: Record<string, unknown> } = {},
  provider = providerAt(),
): Promise<{ readonly key: Resource; readonly request: Resource; readonly certificate: Resource }> {
  const key = await make("PrivateKey", o.key ?? ecdsa, provider);
  const request = await make("CertRequest", {
    privateKeyPem: key.raw["privateKeyPem"],
    subject: { commonName: "etcd" },
    dnsNames: ["localhost", "*.etcd.svc"],
    ipAddresses: ["127.0.0.1", "::1"],
    uris: ["spiffe://local/etcd"],
    ...o.request,
  }, provider);
  const certificate = await make("LocallySignedCert", {
    caCertPem: authority.certificate.raw["certPem"],
    caPrivateKeyPem: authority.key.raw["privateKeyPem"],
    certRequestPem: request.raw["certRequestPem"],
    allowedUses: ["digital_signature", "server_auth", "client_auth"],
    validityPeriodHours: 100,
    ...o.certificate,
  }, provider);
  return { key, request, certificate };
}
