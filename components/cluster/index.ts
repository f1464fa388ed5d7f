import type * as pulumi from "@pulumi/pulumi";
import { FaultsError, KUBECONFIG_VARIABLE } from "../../config";
import type { Region } from "../../config";
import { KubeconfigCluster } from "./kubeconfig-cluster";
import type { RegionalCluster } from "./regional-cluster";

export { FIELD_MANAGER, nameFieldManager } from "./field-manager";
export type { CapacityClass, Placement, RegionalCluster, WorkloadIdentity } from "./regional-cluster";

export interface RegionalClusterArgs {
  readonly region: Region;
  /** Absolute path of the kubeconfig of an existing cluster. */
  readonly kubeconfigPath: string | undefined;
  readonly storageClass: string | undefined;
}

/** What to do without a kubeconfig, by where the region's cluster should have come from. */
const WAY_OUT: Readonly<Record<Region["cloud"], string>> = {
  local: "start the stack with `npm run up`, which starts a region on this machine, or set it to the kubeconfig of a cluster of yours",
  aws: "set it to the kubeconfig of an existing cluster in that region; this version does not create EKS clusters",
  gcp: "set it to the kubeconfig of an existing cluster in that region; this version does not create GKE clusters",
};

/**
 * The cluster of a region, of the kind that its configuration asks for.
 *
 * @throws FaultsError when there is none to be had.
 */
export function regionalCluster(name: string, args: RegionalClusterArgs, opts?: pulumi.ComponentResourceOptions): RegionalCluster {
  const { region, kubeconfigPath, storageClass } = args;
  if (kubeconfigPath !== undefined) return new KubeconfigCluster(name, { region, kubeconfigPath, storageClass }, opts);
  throw new FaultsError(`cluster of region '${region.name}'`, [
    {
      property: KUBECONFIG_VARIABLE,
      actual: undefined,
      rule: "must name a cluster to deploy to",
      wayOut: WAY_OUT[region.cloud],
    },
  ]);
}
