import { randomBytes } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension, BasicConstraintsExtension, ExtendedKeyUsageExtension, KeyUsagesExtension,
  SubjectAlternativeNameExtension, SubjectKeyIdentifierExtension, X509CertificateGenerator,
} from "./x509";
import type { Extension, JsonGeneralNames, JsonName, Name, PublicKey } from "./x509";
import type { webcrypto } from "node:crypto";
import type { SigningKeys } from "./keys";
import { usagesOf } from "./usages";

export interface Subject {
  readonly commonName?: string;
  readonly country?: string;
  readonly emailAddress?: string;
  readonly locality?: string;
  readonly organization?: string;
  readonly organizationalUnit?: string;
  readonly postalCode?: string;
  readonly province?: string;
  readonly serialNumber?: string;
  readonly streetAddresses?: readonly string[];
}

export interface AlternativeNames {
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly uris?: readonly string[];
}

export interface CertificateRequest {
  readonly subject: Name | JsonName;
  readonly publicKey: PublicKey | webcrypto.CryptoKey;
  readonly alternativeNames: JsonGeneralNames;
  readonly issuer: Name | JsonName;
  readonly signer: SigningKeys;
  readonly allowedUses: readonly string[];
  readonly isCaCertificate: boolean;
  /** Ignored unless `isCaCertificate`. */
  readonly maxPathLength?: number;
  readonly setSubjectKeyId: boolean;
  /** Key identifier of the signer, when the certificate shall name it. */
  readonly authorityKeyId?: string;
  readonly validityPeriodHours: number;
  readonly now: Date;
}

export interface Certificate {
  readonly certPem: string;
  /** Positive, decimal. */
  readonly serialNumber: string;
  /** RFC 3339, whole seconds, as are all times in certificates. */
  readonly validityStartTime: string;
  readonly validityEndTime: string;
}

export const hourMs = 3_600_000;
const serialNumberBytes = 16;

/** The relative names in the order in which Go's crypto/x509, hence the official provider, writes them. */
export function subjectName(subject: Subject): JsonName {
  const parts: readonly (readonly [string, readonly (string | undefined)[]])[] = [
    ["2.5.4.6", [subject.country]],
    ["2.5.4.10", [subject.organization]],
    ["2.5.4.11", [subject.organizationalUnit]],
    ["2.5.4.7", [subject.locality]],
    ["2.5.4.8", [subject.province]],
    ["2.5.4.9", subject.streetAddresses ?? []],
    ["2.5.4.17", [subject.postalCode]],
    ["2.5.4.3", [subject.commonName]],
    ["2.5.4.5", [subject.serialNumber]],
    ["1.2.840.113549.1.9.1", [subject.emailAddress]],
  ];
  return parts.flatMap(([identifier, values]) =>
    values.filter((value) => value !== undefined && value !== "").map((value) => ({ [identifier]: [value ?? ""] })));
}

export function generalNames(names: AlternativeNames): JsonGeneralNames {
  return [
    ...(names.dnsNames ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(names.ipAddresses ?? []).map((value) => ({ type: "ip" as const, value })),
    ...(names.uris ?? []).map((value) => ({ type: "url" as const, value })),
  ];
}

/** The subject alternative names, critical when nothing else names the subject (RFC 5280 section 4.2.1.6). */
export function alternativeNameExtension(names: JsonGeneralNames, subjectIsEmpty: boolean): Extension[] {
  return names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names, subjectIsEmpty)];
}

/** Signs a certificate that is valid from `now` on. */
export async function issue(request: CertificateRequest): Promise<Certificate> {
  const notBefore = new Date(Math.floor(request.now.getTime() / 1000) * 1000);
  const notAfter = new Date(notBefore.getTime() + request.validityPeriodHours * hourMs);
  const serial = randomBytes(serialNumberBytes);
  // The first byte from 0x40 to 0x7f: positive, never zero, and no leading zero to be dropped.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial.toString("hex"),
    subject: request.subject,
    issuer: request.issuer,
    notBefore,
    notAfter,
    publicKey: request.publicKey,
    signingKey: request.signer.keys.privateKey,
    signingAlgorithm: request.signer.signing,
    extensions: await extensions(request),
  });
  return {
    certPem: `${certificate.toString("pem")}\n`,
    serialNumber: BigInt(`0x${serial.toString("hex")}`).toString(),
    validityStartTime: rfc3339(notBefore),
    validityEndTime: rfc3339(notAfter),
  };
}

export function rfc3339(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}

async function extensions(request: CertificateRequest): Promise<Extension[]> {
  const { bits, purposes } = usagesOf(request.allowedUses);
  const ca = request.isCaCertificate;
  const found: Extension[] = [];
  if (bits !== 0) found.push(new KeyUsagesExtension(bits, true));
  if (purposes.length > 0) found.push(new ExtendedKeyUsageExtension(purposes));
  found.push(new BasicConstraintsExtension(ca, ca ? request.maxPathLength : undefined, true));
  // RFC 5280 section 4.2.1.2: an authority always has a key identifier.
  if (ca || request.setSubjectKeyId) found.push(await SubjectKeyIdentifierExtension.create(request.publicKey));
  if (request.authorityKeyId !== undefined) found.push(new AuthorityKeyIdentifierExtension(request.authorityKeyId));
  const subjectIsEmpty = Array.isArray(request.subject) ? request.subject.length === 0 : request.subject.toJSON().length === 0;
  return [...found, ...alternativeNameExtension(request.alternativeNames, subjectIsEmpty)];
}
