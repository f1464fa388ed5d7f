import type * as random from "@pulumi/random";
import type * as tls from "@pulumi/tls";
import type { CertificateConfig } from "../../config";
import type { RegionalCluster } from "../cluster";
import type { PlatformNamespace } from "../namespace";

/**
 * Where a pod gets the credentials of its own cloud identity: the metadata servers of EC2 and Google Cloud, the agent of
 * EKS Pod Identity, and the address behind which GKE hides its own. Link-local: they are on the pod's own machine.
 */
export const CLOUD_IDENTITY = [
  { cidr: "169.254.169.254/32", port: 80 },
  { cidr: "169.254.170.23/32", port: 80 },
  { cidr: "169.254.169.252/32", port: 988 },
] as const;

/** What every store of a region is made with. */
export interface StoreSurroundings {
  readonly cluster: RegionalCluster;
  readonly namespace: PlatformNamespace;
  readonly tlsProvider: tls.Provider;
  readonly randomProvider: random.Provider;
  readonly certificates: CertificateConfig;
}
