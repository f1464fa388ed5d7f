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

interface Workload {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly replicas?: number };
}

const BACK_WITHIN_MS = 120_000;

/** Everything that runs in a region: whatever is added is killed too. */
export async function workloadsOf(region: RegionUnderTest): Promise<{ readonly name: string; readonly replicas: number }[]> {
  const { items } = await region.kubectlJson<{ readonly items: readonly Workload[] }>("get", "deployments,statefulsets", "-n", NAMESPACE);
  return items.map(({ metadata, spec }) => ({ name: metadata.name, replicas: spec.replicas ?? 1 }));
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

/** Waits until a workload has all its replicas again, none of them among the killed. */
export async function untilReplaced(region: RegionUnderTest, workload: string, replicas: number, killed: ReadonlySet<string>): Promise<void> {
  await eventually(`${replicas} new pods of ${workload}`, BACK_WITHIN_MS, async () => {
    const ready = (await podsOf(region, workload)).filter(
      ({ metadata, status }) => !killed.has(metadata.uid) && (status.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True"),
    );
    return ready.length >= replicas ? true : undefined;
  });
}

/** `pod: n` for each pod with a container that was started again. */
export async function restarts(region: RegionUnderTest): Promise<string[]> {
  return (await podsOf(region)).flatMap(({ metadata, status }) => {
    const count = (status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
    return count === 0 ? [] : [`${metadata.name}: ${count}`];
  });
}
