import { createPrivateKey, createPublicKey } from "node:crypto";
import type { KeyObject, webcrypto } from "node:crypto";

export type KeyAlgorithm = "RSA" | "ECDSA" | "ED25519";

/** A private key with its public half, ready to sign with. */
export interface SigningKeys {
  readonly algorithm: KeyAlgorithm;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly signing: { readonly name: string; readonly hash?: string };
}

/** Curves of SEC 2 by the names that OpenSSL reports, with the hash of matching strength. */
const curves: Readonly<Record<string, { readonly namedCurve: string; readonly hash: string }>> = {
  prime256v1: { namedCurve: "P-256", hash: "SHA-256" },
  secp384r1: { namedCurve: "P-384", hash: "SHA-384" },
  secp521r1: { namedCurve: "P-521", hash: "SHA-512" },
};

/**
 * Reads a private key in PEM: SEC 1, PKCS #1 or PKCS #8.
 *
 * Errors: text that is no unencrypted private key, another algorithm or curve. The key itself is never part of a message.
 */
export function readPrivateKey(property: string, pem: string): SigningKeys {
  const key = parse(property, pem);
  const type = key.asymmetricKeyType;
  if (type === "ed25519") return pair("ED25519", key, { name: "Ed25519" }, { name: "Ed25519" });
  if (type === "rsa") {
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    return pair("RSA", key, algorithm, algorithm);
  }
  const curve = type === "ec" ? curves[key.asymmetricKeyDetails?.namedCurve ?? ""] : undefined;
  if (curve === undefined) {
    const found = type === "ec" ? `an ECDSA key on curve ${key.asymmetricKeyDetails?.namedCurve ?? "(unnamed)"}` : `a key of type ${type ?? "(unnamed)"}`;
    throw new Error(`${property} is ${found}; it must be RSA, ED25519, or ECDSA on P256, P384 or P521`);
  }
  return pair("ECDSA", key, { name: "ECDSA", namedCurve: curve.namedCurve }, { name: "ECDSA", hash: curve.hash });
}

function parse(property: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new Error(`${property} is not an unencrypted private key in PEM form`, { cause });
  }
}

function pair(
  algorithm: KeyAlgorithm,
  key: KeyObject,
  importing: { name: string; hash?: string; namedCurve?: string },
  signing: SigningKeys["signing"],
): SigningKeys {
  return {
    algorithm,
    signing,
    keys: {
      privateKey: key.toCryptoKey(importing, false, ["sign"]),
      publicKey: createPublicKey(key).toCryptoKey(importing, true, ["verify"]),
    },
  };
}
