import { randomBytes } from "node:crypto";
import { readIfThere, writePrivateFile } from "../files";
import type { Layout } from "../directory";
import { apiServiceAddress, clusterDomain } from "../network/addresses";
import type { RegionNode } from "../settings";
import { createAuthority, createKeyPair, isUsable, issueLeaf } from "./certificate";
import type { KeyPair, LeafOptions } from "./certificate";

/** The region's authorities: one per circle of trust, so that a client of one is nobody in another. */
const authorities = ["cluster", "etcd", "front-proxy"] as const;
export type Authority = (typeof authorities)[number];

/** Days that a certificate must still have at start; one with fewer is issued anew. */
const renewalDays = 30;
const secretKeyBytes = 32;
const loopback = { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] };

/** Group that the API server's own RBAC binding gives every right. */
const administrators = "system:masters";

interface LeafSpec extends LeafOptions {
  readonly authority: Authority;
}

/** What the certificates of a region depend on. */
export interface PkiSubject {
  readonly name: string;
  readonly apiAddress: string;
  readonly nodes: readonly RegionNode[];
}

/** Every certificate of a region by file name, without its ending. */
export function leafSpecs(subject: PkiSubject): Readonly<Record<string, LeafSpec>> {
  const node = subject.nodes[0]?.name ?? subject.name;
  const client = (commonName: string, organizations: readonly string[] = [], authority: Authority = "cluster"): LeafSpec => ({ authority, commonName, organizations, usages: ["client"] });
  return {
    "etcd-server": { authority: "etcd", commonName: "etcd", usages: ["server"], ...loopback },
    "etcd-peer": { authority: "etcd", commonName: "etcd-peer", usages: ["server", "client"], ...loopback },
    "etcd-client": client("kube-apiserver", [], "etcd"),
    "kube-apiserver": {
      authority: "cluster",
      commonName: "kube-apiserver",
      usages: ["server"],
      dnsNames: ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", `kubernetes.default.svc.${clusterDomain}`],
      ipAddresses: [...new Set(["127.0.0.1", subject.apiAddress, apiServiceAddress])],
    },
    "kube-controller-manager-server": { authority: "cluster", commonName: "kube-controller-manager", usages: ["server"], ...loopback },
    "kube-scheduler-server": { authority: "cluster", commonName: "kube-scheduler", usages: ["server"], ...loopback },
    "kubelet-server": { authority: "cluster", commonName: `system:node:${node}`, organizations: ["system:nodes"], usages: ["server"], dnsNames: [node, "localhost"], ipAddresses: [...new Set(["127.0.0.1", subject.apiAddress])] },
    "metrics-server": { authority: "cluster", commonName: "metrics-server", usages: ["server"], dnsNames: ["metrics-server.kube-system.svc"] },
    "front-proxy-client": client("front-proxy-client", [], "front-proxy"),
    "kubelet-client": client("agentic-flow:apiserver-kubelet-client"),
    admin: client("agentic-flow:admin", [administrators]),
    supervisor: client("agentic-flow:region-supervisor", [administrators]),
    "kube-controller-manager": client("system:kube-controller-manager"),
    "kube-scheduler": client("system:kube-scheduler"),
    kubelet: client(`system:node:${node}`, ["system:nodes"]),
    "kube-proxy": client("system:kube-proxy"),
    "kube-router": client("agentic-flow:kube-router"),
    kwok: client("agentic-flow:kwok"),
  };
}

/** Makes what is missing of a region's keys and certificates, and renews what runs out; authorities and keys stay. */
export async function ensurePki(layout: Layout, subject: PkiSubject): Promise<void> {
  const signers = new Map<Authority, KeyPair>();
  for (const name of authorities) {
    signers.set(name, await ensurePair(layout, `${name}-ca`, undefined, () => createAuthority(`agentic-flow ${subject.name} ${name}`)));
  }
  for (const [name, spec] of Object.entries(leafSpecs(subject))) {
    const signer = signers.get(spec.authority);
    if (signer === undefined) throw new Error(`no authority ${spec.authority}`);
    await ensurePair(layout, name, signer, () => issueLeaf(signer, spec));
  }
  if (readIfThere(layout.pki("service-account.pub")) === undefined) {
    const { privateKey, publicKey } = await createKeyPair();
    writePrivateFile(layout.pki("service-account.key"), privateKey);
    writePrivateFile(layout.pki("service-account.pub"), publicKey);
  }
  if (readIfThere(layout.pki("secrets-encryption.yaml")) === undefined) {
    writePrivateFile(layout.pki("secrets-encryption.yaml"), encryptionConfiguration(randomBytes(secretKeyBytes)));
  }
}

async function ensurePair(layout: Layout, name: string, signer: KeyPair | undefined, create: () => Promise<KeyPair>): Promise<KeyPair> {
  const certificate = readIfThere(layout.pki(`${name}.crt`));
  const key = readIfThere(layout.pki(`${name}.key`));
  if (certificate !== undefined && key !== undefined && isUsable({ certificate, key }, signer?.certificate ?? certificate, renewalDays)) return { certificate, key };
  const pair = await create();
  writePrivateFile(layout.pki(`${name}.key`), pair.key);
  writePrivateFile(layout.pki(`${name}.crt`), pair.certificate);
  return pair;
}

/** Makes the API server store Secrets encrypted (XSalsa20 and Poly1305) in etcd; what was stored otherwise can still be read. */
export function encryptionConfiguration(key: Uint8Array): string {
  return JSON.stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [
      {
        resources: ["secrets"],
        providers: [{ secretbox: { keys: [{ name: "key1", secret: Buffer.from(key).toString("base64") }] } }, { identity: {} }],
      },
    ],
  });
}
