import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { workloadLabels } from "../labels";
import { CERTIFICATE_FILES, CertificateAuthority } from "../pki";
import type { FileMount } from "../workload";
import type { StoreSurroundings } from "./surroundings";

/** 40 letters and digits are 238 bits, and need no quoting anywhere. */
const PASSWORD = { length: 40, special: false } as const;

/** Name of the file with the password in a client's Secret. */
const PASSWORD_FILE = "password";

/** What one client shows to a store, and how it knows the store. */
export interface ClientCredentials {
  readonly password: pulumi.Output<string>;
  readonly files: FileMount;
  /** Paths inside the client's container. */
  readonly passwordFile: string;
  readonly caFile: string;
}

/** A password of the operating system's randomness. It is in the state as ciphertext only. */
export function newPassword(name: string, around: StoreSurroundings, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
  return new random.RandomPassword(name, PASSWORD, { ...opts, provider: around.randomProvider }).result;
}

/** A Secret named by content, so that a changed one rolls the pods that mount it. */
export function storeSecret(
  name: string,
  store: string,
  stringData: Record<string, pulumi.Input<string>>,
  around: StoreSurroundings,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret {
  const { cluster, namespace } = around;
  return new k8s.core.v1.Secret(
    name,
    {
      metadata: { namespace: namespace.namespace, labels: workloadLabels(store, "datastore", cluster.region.name) },
      immutable: true,
      stringData,
    },
    { ...opts, provider: cluster.provider, dependsOn: [namespace], deletedWith: namespace.resource },
  );
}

/** How a store and its clients know one another. */
export interface StoreIdentity {
  /** Name of the Secret with the server's certificate, its key and its authority. */
  readonly serverSecret: pulumi.Output<string>;
  /** By client, in the order given. */
  readonly credentials: readonly (readonly [string, ClientCredentials])[];
}

/** An authority of the store's own, a server certificate for these names, and a password for each client. */
export function storeIdentity(
  store: string,
  dnsNames: readonly string[],
  clients: readonly string[],
  around: StoreSurroundings,
  opts: pulumi.CustomResourceOptions,
): StoreIdentity {
  const { cluster, namespace } = around;
  const region = cluster.region.name;
  const authority = new CertificateAuthority(
    `${store}-ca`,
    { tlsProvider: around.tlsProvider, commonName: `${store}, ${region}`, hours: around.certificates },
    { parent: opts.parent },
  );
  const server = authority.issue(
    `${store}-server`,
    {
      commonName: `${store}-server`,
      dnsNames,
      uses: ["server_auth"],
      metadata: { namespace: namespace.namespace, labels: workloadLabels(store, "datastore", region) },
    },
    { ...opts, provider: cluster.provider, dependsOn: [namespace], deletedWith: namespace.resource },
  );
  return {
    serverSecret: server.metadata.name,
    credentials: clients.map((client) => [client, clientCredentials(store, client, authority.certPem, around, opts)] as const),
  };
}

/** The credentials of one client of a store, in a Secret of its own that is mounted into nobody else. */
function clientCredentials(
  store: string,
  client: string,
  authority: pulumi.Output<string>,
  around: StoreSurroundings,
  opts: pulumi.CustomResourceOptions,
): ClientCredentials {
  const name = `${store}-client-${client}`;
  const password = newPassword(name, around, opts);
  const secret = storeSecret(name, store, { [PASSWORD_FILE]: password, [CERTIFICATE_FILES.authority]: authority }, around, opts);
  const mountPath = `/etc/agentic-flow/${store}`;
  return {
    password,
    files: { name: `${store}-client`, mountPath, source: { secretName: secret.metadata.name } },
    passwordFile: `${mountPath}/${PASSWORD_FILE}`,
    caFile: `${mountPath}/${CERTIFICATE_FILES.authority}`,
  };
}
