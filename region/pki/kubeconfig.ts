import { stringify } from "yaml";
import type { KeyPair } from "./certificate";

/** A kubeconfig with one cluster and one user, certificates inside. */
export function kubeconfig(options: { readonly cluster: string; readonly server: string; readonly authority: string; readonly user: string; readonly credentials: KeyPair }): string {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: options.cluster, cluster: { server: options.server, "certificate-authority-data": base64(options.authority) } }],
    users: [{ name: options.user, user: { "client-certificate-data": base64(options.credentials.certificate), "client-key-data": base64(options.credentials.key) } }],
    contexts: [{ name: options.cluster, context: { cluster: options.cluster, user: options.user } }],
    "current-context": options.cluster,
  });
}
