import { LABEL_DOMAIN } from "../config";

/** Labels of one object of ours. */
export type Labels = Readonly<Record<string, string>>;

/** What every object of the platform carries, by the region it is in. */
export function platformLabels(region: string): Labels {
  return {
    "app.kubernetes.io/part-of": "agentic-flow",
    "app.kubernetes.io/managed-by": "pulumi",
    [`${LABEL_DOMAIN}/region`]: region,
  };
}

/** The labels that pick one workload's pods. Immutable in the cluster, so there are only these and they never change. */
export function selectorLabels(workload: string): Labels {
  return { "app.kubernetes.io/name": workload };
}

/** Everything an object of one workload carries. */
export function workloadLabels(workload: string, role: string, region: string): Labels {
  return { ...selectorLabels(workload), "app.kubernetes.io/component": role, ...platformLabels(region) };
}
