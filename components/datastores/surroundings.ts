import type * as random from "@pulumi/random";
import type * as tls from "@pulumi/tls";
import type { CertificateConfig } from "../../config";
import type { RegionalCluster } from "../cluster";
import type { PlatformNamespace } from "../namespace";

/** What every store of a region is made with. */
export interface StoreSurroundings {
  readonly cluster: RegionalCluster;
  readonly namespace: PlatformNamespace;
  readonly tlsProvider: tls.Provider;
  readonly randomProvider: random.Provider;
  readonly certificates: CertificateConfig;
}
