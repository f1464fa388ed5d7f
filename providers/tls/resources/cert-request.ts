import { createHash } from "node:crypto";
import { Pkcs10CertificateRequestGenerator } from "../x509";
import { alternativeNameExtension, generalNames, subjectName } from "../certificates";
import type { AlternativeNames, Subject } from "../certificates";
import type { ResourceDefinition } from "../../kit/definition";
import { readPrivateKey } from "../keys";
import { keyInput, subjectInputs } from "./shared";

interface Inputs extends AlternativeNames {
  readonly privateKeyPem: string;
  readonly subject?: Subject;
}

/** A request for a certificate (PKCS #10), signed with the key that the certificate will belong to. */
export const certRequest: ResourceDefinition = {
  name: "CertRequest",
  inputs: { ...keyInput("privateKeyPem"), ...subjectInputs },
  secretOutputs: ["privateKeyPem"],
  updatable: [],
  async create(values) {
    const inputs = values as unknown as Inputs;
    const { algorithm, keys, signing } = readPrivateKey("privateKeyPem", inputs.privateKeyPem);
    const name = subjectName(inputs.subject ?? {});
    const request = await Pkcs10CertificateRequestGenerator.create({
      name,
      keys,
      signingAlgorithm: signing,
      extensions: alternativeNameExtension(generalNames(inputs), name.length === 0),
    });
    const certRequestPem = `${request.toString("pem")}\n`;
    return { id: createHash("sha1").update(certRequestPem).digest("hex"), computed: { certRequestPem, keyAlgorithm: algorithm } };
  },
};
