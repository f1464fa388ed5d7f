import { eventually } from "../../../support/cli";
import { NAMESPACE } from "../../support/region-under-test";
import type { RegionUnderTest } from "../../support/region-under-test";
import { killAll, processesOf } from "./processes";

/** What a test looks at of a pod. */
export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly labels: Readonly<Record<string, string>> };
  readonly status: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly containerID?: string;
      readonly restartCount: number;
      readonly lastState?: { readonly terminated?: { readonly reason?: string; readonly exitCode: number } };
    }[];
  };
}

interface WorkloadList {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

const BACK_WITHIN_MS = 120_000;

/** Everything that runs in a region: whatever is added is killed too. */
export async function workloadsOf(region: RegionUnderTest): Promise<string[]> {
  const { items } = await region.kubectlJson<WorkloadList>("get", "deployments,statefulsets", "-n", NAMESPACE);
  return items.map(({ metadata }) => metadata.name);
}

export async function podsOf(region: RegionUnderTest, workload?: string): Promise<readonly Pod[]> {
  const selected = workload === undefined ? [] : ["-l", `app.kubernetes.io/name=${workload}`];
  return (await region.kubectlJson<{ readonly items: readonly Pod[] }>("get", "pods", "-n", NAMESPACE, ...selected)).items;
}

/** Deletes every pod of a workload without grace, and ends their processes: the kubelet alone would let them shut down. */
export async function killWorkload(region: RegionUnderTest, workload: string): Promise<ReadonlySet<string>> {
  const pods = await podsOf(region, workload);
  const running = pods.flatMap(({ status }) => status.containerStatuses ?? []).flatMap(({ containerID = "" }) => processesOf(containerID));
  const deleted = region.killPods(workload);
  killAll(running);
  await deleted;
  return new Set(pods.map(({ metadata }) => metadata.uid));
}

/** Waits until none of the killed is left and all that came in their place are ready; autoscaling decides how many. */
export async function untilReplaced(region: RegionUnderTest, workload: string, killed: ReadonlySet<string>): Promise<void> {
  await eventually(`new pods of ${workload}`, BACK_WITHIN_MS, async () => {
    const pods = await podsOf(region, workload);
    const ready = pods.filter(({ status }) => (status.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True"));
    return pods.length > 0 && ready.length === pods.length && pods.every(({ metadata }) => !killed.has(metadata.uid)) ? true : undefined;
  });
}

/** `pod: n` for each pod with a container that was started again. */
export async function restarts(region: RegionUnderTest): Promise<string[]> {
  return (await podsOf(region)).flatMap(({ metadata, status }) => {
    const count = (status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
    return count === 0 ? [] : [`${metadata.name}: ${count}`];
  });
}
