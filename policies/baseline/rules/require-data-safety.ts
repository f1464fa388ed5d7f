import type { StackValidationPolicy } from "@pulumi/policy";
import { budgetsOf, guards } from "../../kit/budgets";
import { judge, someCertain } from "../../kit/judge";
import { objectLabel } from "../../kit/objects";
import { objectsOf, ofKind, specOf, workloadsOf } from "../../kit/stack-objects";
import type { StackObject, Workload } from "../../kit/stack-objects";

interface StatefulSetSpec {
  readonly volumeClaimTemplates: readonly object[];
  readonly persistentVolumeClaimRetentionPolicy: { readonly whenDeleted?: string; readonly whenScaled?: string };
}

const moments = ["whenDeleted", "whenScaled"] as const;

export const policy: StackValidationPolicy = {
  name: "require-data-safety",
  displayName: "Data outlives its workload",
  description: "Every StatefulSet keeps its data on claimed volumes that stay when it is deleted or scaled, and a budget guards its pods.",
  enforcementLevel: "mandatory",
  severity: "critical",
  tags: ["kubernetes", "reliability", "data"],
  remediationSteps:
    "Give the StatefulSet a volumeClaimTemplate and persistentVolumeClaimRetentionPolicy { whenDeleted: 'Retain', whenScaled: 'Retain' }, " +
    "and a PodDisruptionBudget with its selector and maxUnavailable: 1. What keeps no data is a Deployment.",
  url: "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention",
  validateStack: ({ resources }, reportViolation) =>
    judge(reportViolation, (check) => {
      const objects = objectsOf(resources, check);
      const budgets = budgetsOf(objects);
      for (const workload of ofKind(workloadsOf(objects, check), "apps", "StatefulSet")) {
        check(() => volumeVerdict(workload), workload.urn);
        for (const moment of moments) check(() => retentionVerdict(workload, moment), workload.urn);
        check(() => budgetVerdict(workload, budgets), workload.urn);
      }
    }),
};

function volumeVerdict(workload: Workload): string | undefined {
  if ((specOf<StatefulSetSpec>(workload).volumeClaimTemplates ?? []).length > 0) return undefined;
  return `${objectLabel(workload)}: spec.volumeClaimTemplates is empty: its data ends with its pods; claim a volume, or make it a Deployment.`;
}

function retentionVerdict(workload: Workload, moment: (typeof moments)[number]): string | undefined {
  const value = specOf<StatefulSetSpec>(workload).persistentVolumeClaimRetentionPolicy?.[moment];
  if (value === "Retain") return undefined;
  return `${objectLabel(workload)}: spec.persistentVolumeClaimRetentionPolicy.${moment} is ${value === undefined ? "missing" : `'${value}'`}: ` +
    "that its volumes stay must be written down; set it to 'Retain'.";
}

function budgetVerdict(workload: Workload, budgets: readonly StackObject[]): string | undefined {
  if (someCertain(budgets, (budget) => guards(budget, workload))) return undefined;
  return `${objectLabel(workload)} has no PodDisruptionBudget: a drain may take all of its members at once; add one with maxUnavailable: 1.`;
}
