import { createPrivateKey, X509Certificate as NodeCertificate } from "node:crypto";
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension, SubjectKeyIdentifierExtension, X509Certificate } from "../x509";
import type { JsonGeneralNames } from "../x509";
import { issue } from "../certificates";
import type { ResourceDefinition } from "../../kit/definition";
import { readPrivateKey } from "../keys";
import { certificateInputs, certificateRelations, certificateRenewal, keyInput, settings } from "./shared";
import type { CertificateInputs } from "./shared";

interface Inputs extends CertificateInputs {
  readonly caCertPem: string;
  readonly caPrivateKeyPem: string;
  readonly certRequestPem: string;
}

/** A certificate for a request, signed by an authority whose certificate and key are at hand. */
export const locallySignedCert: ResourceDefinition = {
  name: "LocallySignedCert",
  inputs: {
    ...keyInput("caPrivateKeyPem"),
    caCertPem: { kind: "text", required: true },
    certRequestPem: { kind: "text", required: true },
    ...certificateInputs,
  },
  secretOutputs: ["caPrivateKeyPem"],
  updatable: ["earlyRenewalHours"],
  relations: certificateRelations,
  renewal: certificateRenewal,
  async create(values, now) {
    const inputs = values as unknown as Inputs;
    const signer = readPrivateKey("caPrivateKeyPem", inputs.caPrivateKeyPem);
    const authority = readAuthority(inputs);
    const request = await readRequest(inputs.certRequestPem);
    const { serialNumber, ...certificate } = await issue({
      ...settings(inputs),
      subject: request.subjectName,
      issuer: authority.subjectName,
      publicKey: request.publicKey,
      signer,
      alternativeNames: namesOf(request),
      // As Go's crypto/x509 does: named whenever the authority has an identifier to name.
      authorityKeyId: authority.getExtension(SubjectKeyIdentifierExtension)?.keyId,
      now,
    });
    return { id: serialNumber, computed: { ...certificate, caKeyAlgorithm: signer.algorithm, readyForRenewal: false } };
  },
};

function readAuthority({ caCertPem, caPrivateKeyPem }: Inputs): X509Certificate {
  const certificate = parse("caCertPem", "a certificate", () => new NodeCertificate(caCertPem));
  if (!certificate.checkPrivateKey(createPrivateKey(caPrivateKeyPem))) {
    throw new Error("caPrivateKeyPem is not the key of caCertPem; give the certificate and the key of one authority");
  }
  if (!certificate.ca) throw new Error(`caCertPem (${certificate.subject}) is not an authority; create it with isCaCertificate: true`);
  return new X509Certificate(certificate.raw);
}

async function readRequest(pem: string): Promise<Pkcs10CertificateRequest> {
  const request = parse("certRequestPem", "a certificate request", () => new Pkcs10CertificateRequest(pem));
  if (!(await request.verify())) throw new Error("certRequestPem is not signed by the key it contains; create it anew");
  return request;
}

function namesOf(request: Pkcs10CertificateRequest): JsonGeneralNames {
  const extension = request.extensions.find((found) => found instanceof SubjectAlternativeNameExtension);
  return extension?.names.toJSON() ?? [];
}

function parse<T>(property: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(`${property} is not ${what} in PEM form`, { cause });
  }
}
