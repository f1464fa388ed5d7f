import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Region } from "../../config";
import type { CapacityClass, Placement, RegionalCluster, WorkloadIdentity } from "./regional-cluster";

export interface KubeconfigClusterArgs {
  readonly region: Region;
  /** Absolute path of the kubeconfig. A path, not its content, so that no credential enters the state. */
  readonly kubeconfigPath: string;
  /** @default the cluster's default StorageClass */
  readonly storageClass?: string;
}

/** Seconds after which a request that the API server does not answer has failed. */
const API_TIMEOUT_SECONDS = 30;
const API_REQUESTS_PER_SECOND = 50;
const API_REQUEST_BURST = 100;

const ANYWHERE: Placement = { nodeSelector: {}, tolerations: [] };

/** A cluster that already runs: the machine-local region, or one of the user's own. */
export class KubeconfigCluster extends pulumi.ComponentResource implements RegionalCluster {
  readonly region: Region;
  readonly provider: k8s.Provider;
  readonly workloadIdentity: WorkloadIdentity = { serviceAccountAnnotations: () => ({}) };
  readonly storageClass: string | undefined;
  readonly capacity: Readonly<Record<CapacityClass, Placement>> = { general: ANYWHERE, interruptible: ANYWHERE };
  readonly egressAddresses: pulumi.Output<readonly string[]> = pulumi.output([]);

  constructor(name: string, args: KubeconfigClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentic-flow:cluster:KubeconfigCluster", name, {}, opts);
    this.region = args.region;
    this.storageClass = args.storageClass;
    this.provider = new k8s.Provider(
      name,
      {
        kubeconfig: args.kubeconfigPath,
        // Without it the provider compares kubeconfigs, and one that moved would replace everything in the cluster.
        clusterIdentifier: `agentic-flow/${args.region.name}`,
        enableServerSideApply: true,
        kubeClientSettings: { qps: API_REQUESTS_PER_SECOND, burst: API_REQUEST_BURST, timeout: API_TIMEOUT_SECONDS },
      },
      { parent: this },
    );
    this.registerOutputs({ region: this.region.name, egressAddresses: this.egressAddresses });
  }
}
