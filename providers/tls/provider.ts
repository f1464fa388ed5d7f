import type { ResourceDefinition } from "../kit/definition";
import { BuiltInProvider } from "../kit/provider";
import { certRequest } from "./resources/cert-request";
import { locallySignedCert } from "./resources/locally-signed-cert";
import { privateKey } from "./resources/private-key";
import { selfSignedCert } from "./resources/self-signed-cert";

/** Every type that this provider serves. */
export const definitions: readonly ResourceDefinition[] = [privateKey, selfSignedCert, certRequest, locallySignedCert];

/** The `tls` provider for machines that cannot get the official plugin. */
export class TlsProvider extends BuiltInProvider {
  constructor(o: { readonly version: string; readonly now?: () => Date }) {
    super({ name: "tls", definitions, ...o });
  }
}
