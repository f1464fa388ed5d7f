import { createHash, generateKeyPair } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { ResourceDefinition } from "../../kit/definition";

const generate = promisify(generateKeyPair);

const minRsaBits = 2048;
const maxRsaBits = 8192;
const defaultRsaBits = 2048;

/** The official default, P224, is not among them: no TLS 1.3 peer accepts it. */
const namedCurves: Readonly<Record<string, string>> = { P256: "P-256", P384: "P-384", P521: "P-521" };

/**
 * A private key. Of the official outputs `privateKeyOpenssh`, `publicKeyOpenssh` and the two fingerprints are not
 * made: they serve SSH, which nothing here speaks.
 */
export const privateKey: ResourceDefinition = {
  name: "PrivateKey",
  inputs: {
    algorithm: { kind: "text", required: true, oneOf: ["RSA", "ECDSA", "ED25519"] },
    ecdsaCurve: { kind: "text", oneOf: Object.keys(namedCurves) },
    rsaBits: { kind: "integer", min: minRsaBits, max: maxRsaBits },
  },
  secretOutputs: ["privateKeyPem", "privateKeyPemPkcs8"],
  updatable: [],
  relations({ algorithm, ecdsaCurve, rsaBits }) {
    const unused = (property: string, of: string) => ({
      property, reason: `is set, but algorithm is ${JSON.stringify(algorithm)}; it belongs to ${of}: remove one of the two`,
    });
    return [
      ...(algorithm === "ECDSA" && ecdsaCurve === undefined
        ? [{ property: "ecdsaCurve", reason: `is not set, and its default P224 is not served by the built-in tls provider; set one of ${Object.keys(namedCurves).join(", ")}` }]
        : []),
      ...(typeof algorithm === "string" && algorithm !== "ECDSA" && ecdsaCurve !== undefined ? [unused("ecdsaCurve", "ECDSA")] : []),
      ...(typeof algorithm === "string" && algorithm !== "RSA" && rsaBits !== undefined ? [unused("rsaBits", "RSA")] : []),
    ];
  },
  async create({ algorithm, ecdsaCurve, rsaBits }) {
    const [key, traditional] = await makeKey(String(algorithm), String(ecdsaCurve), typeof rsaBits === "number" ? rsaBits : defaultRsaBits);
    return {
      id: createHash("sha1").update(key.publicKey.export({ format: "der", type: "spki" })).digest("hex"),
      computed: {
        privateKeyPem: key.privateKey.export({ format: "pem", type: traditional }).toString(),
        privateKeyPemPkcs8: key.privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
        publicKeyPem: key.publicKey.export({ format: "pem", type: "spki" }).toString(),
      },
    };
  },
};

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** The key and the form that the official provider gives `privateKeyPem` for its algorithm. */
async function makeKey(algorithm: string, curve: string, rsaBits: number): Promise<readonly [KeyPair, "sec1" | "pkcs1" | "pkcs8"]> {
  if (algorithm === "RSA") return [await generate("rsa", { modulusLength: rsaBits }), "pkcs1"];
  if (algorithm === "ED25519") return [await generate("ed25519"), "pkcs8"];
  const namedCurve = namedCurves[curve];
  if (algorithm !== "ECDSA" || namedCurve === undefined) throw new Error(`PrivateKey: algorithm ${algorithm} on curve ${curve} is not served`);
  return [await generate("ec", { namedCurve }), "sec1"];
}
