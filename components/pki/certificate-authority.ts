import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { LABEL_DOMAIN } from "../../config";
import type { CertificateConfig } from "../../config";

/** Names of the files in every certificate Secret. */
export const CERTIFICATE_FILES = { authority: "ca.crt", certificate: "tls.crt", key: "tls.key" } as const;

const KEY = { algorithm: "ECDSA", ecdsaCurve: "P256" } as const;
const ORGANIZATION = "agentic-flow";

export interface AuthorityArgs {
  readonly tlsProvider: tls.Provider;
  readonly commonName: string;
  readonly hours: CertificateConfig;
}

export interface IssueArgs {
  /** Who the certificate speaks for. etcd takes a client's user name from it. */
  readonly commonName: string;
  /** Names it answers to as a server. Left out for clients: etcd would look their names up at every connection. */
  readonly dnsNames?: readonly string[];
  readonly uses: readonly ("server_auth" | "client_auth")[];
  /** Where the Secret goes. */
  readonly metadata: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
}

/** A certificate authority of one purpose, and the certificates that it issues, each in a Secret of its own. */
export class CertificateAuthority extends pulumi.ComponentResource {
  readonly #name: string;
  readonly #args: AuthorityArgs;
  readonly #key: tls.PrivateKey;
  readonly #certificate: tls.SelfSignedCert;

  constructor(name: string, args: AuthorityArgs, opts: pulumi.ComponentResourceOptions) {
    // The type is part of the identity of everything below it, so it keeps the name of the first part that had one.
    super("agentic-flow:etcd:CertificateAuthority", name, {}, opts);
    this.#name = name;
    this.#args = args;
    this.#key = new tls.PrivateKey(name, KEY, this.#options());
    this.#certificate = new tls.SelfSignedCert(
      name,
      {
        privateKeyPem: this.#key.privateKeyPem,
        subject: { commonName: args.commonName, organization: ORGANIZATION },
        isCaCertificate: true,
        setSubjectKeyId: true,
        allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
        validityPeriodHours: args.hours.authorityValidityHours,
      },
      this.#options(),
    );
    this.registerOutputs({});
  }

  /** Its certificate, for those who are to trust what it issues. Not a secret. */
  get certPem(): pulumi.Output<string> {
    return this.#certificate.certPem;
  }

  #options(): pulumi.CustomResourceOptions {
    return { parent: this, provider: this.#args.tlsProvider };
  }

  /**
   * A certificate with its key in a Secret: `ca.crt`, `tls.crt`, `tls.key`. The Secret is named by content, so that a
   * renewed certificate rolls the pods that mount it.
   *
   * @param name Name of the resources, unique in the stack.
   */
  issue(name: string, args: IssueArgs, opts: pulumi.CustomResourceOptions): k8s.core.v1.Secret {
    const key = new tls.PrivateKey(name, KEY, this.#options());
    const request = new tls.CertRequest(
      name,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: args.commonName, organization: ORGANIZATION },
        ...(args.dnsNames === undefined ? {} : { dnsNames: [...args.dnsNames] }),
      },
      this.#options(),
    );
    const certificate = new tls.LocallySignedCert(
      name,
      {
        certRequestPem: request.certRequestPem,
        caPrivateKeyPem: this.#key.privateKeyPem,
        caCertPem: this.#certificate.certPem,
        allowedUses: ["digital_signature", ...args.uses],
        validityPeriodHours: this.#args.hours.validityHours,
        earlyRenewalHours: this.#args.hours.earlyRenewalHours,
      },
      this.#options(),
    );
    return new k8s.core.v1.Secret(
      name,
      {
        metadata: { ...args.metadata, annotations: { [`${LABEL_DOMAIN}/issuer`]: this.#name } },
        type: "kubernetes.io/tls",
        immutable: true,
        stringData: {
          [CERTIFICATE_FILES.authority]: this.#certificate.certPem,
          [CERTIFICATE_FILES.certificate]: certificate.certPem,
          [CERTIFICATE_FILES.key]: key.privateKeyPem,
        },
      },
      opts,
    );
  }
}
