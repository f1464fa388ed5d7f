import { SubjectKeyIdentifierExtension } from "../x509";
import { generalNames, issue, subjectName } from "../certificates";
import type { AlternativeNames, Subject } from "../certificates";
import type { ResourceDefinition } from "../../kit/definition";
import { readPrivateKey } from "../keys";
import { certificateInputs, certificateRelations, certificateRenewal, keyInput, settings, subjectInputs } from "./shared";
import type { CertificateInputs } from "./shared";

interface Inputs extends CertificateInputs, AlternativeNames {
  readonly privateKeyPem: string;
  readonly subject?: Subject;
  readonly setAuthorityKeyId: boolean;
}

/** A certificate signed with its own key: a root. */
export const selfSignedCert: ResourceDefinition = {
  name: "SelfSignedCert",
  inputs: {
    ...keyInput("privateKeyPem"),
    ...subjectInputs,
    ...certificateInputs,
    setAuthorityKeyId: { kind: "boolean", default: false },
  },
  secretOutputs: ["privateKeyPem"],
  updatable: ["earlyRenewalHours"],
  relations: certificateRelations,
  renewal: certificateRenewal,
  async create(values, now) {
    const inputs = values as unknown as Inputs;
    const signer = readPrivateKey("privateKeyPem", inputs.privateKeyPem);
    const subject = subjectName(inputs.subject ?? {});
    const { publicKey } = signer.keys;
    const { serialNumber, ...certificate } = await issue({
      ...settings(inputs),
      subject,
      issuer: subject,
      publicKey,
      signer,
      alternativeNames: generalNames(inputs),
      authorityKeyId: inputs.setAuthorityKeyId ? (await SubjectKeyIdentifierExtension.create(publicKey)).keyId : undefined,
      now,
    });
    return { id: serialNumber, computed: { ...certificate, keyAlgorithm: signer.algorithm, readyForRenewal: false } };
  },
};
