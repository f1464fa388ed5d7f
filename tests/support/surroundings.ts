import { regionalCluster } from "../../components/cluster";
import type { RegionalCluster } from "../../components/cluster";
import { PlatformNamespace } from "../../components/namespace";
import { findRegion } from "../../config";
import type { QuotaConfig, Region } from "../../config";

export const QUOTA: QuotaConfig = {
  cpuRequests: "4",
  memoryRequests: "4Gi",
  memoryLimits: "16Gi",
  pods: 60,
  volumes: 10,
  storage: "20Gi",
};

/** A reference with a digest that belongs to no image. */
export const IMAGE = `example.test/image@sha256:${"0".repeat(64)}`;

export function region(name: string): Region {
  const found = findRegion(name);
  if (found === undefined) throw new Error(`the catalogue has no region '${name}'`);
  return found;
}

/** A cluster: 2 resources, the component and its provider. */
export function someCluster(name = "local", storageClass?: string): RegionalCluster {
  return regionalCluster("region", { region: region(name), kubeconfigPath: "/nowhere/kubeconfig", storageClass });
}

/** A cluster with a namespace: 8 resources. */
export const SURROUNDINGS = 8;

export function surroundings(name = "local", storageClass?: string): { cluster: RegionalCluster; namespace: PlatformNamespace } {
  const cluster = someCluster(name, storageClass);
  return { cluster, namespace: new PlatformNamespace("platform", { cluster, namespace: "agentic-flow", quota: QUOTA }) };
}
