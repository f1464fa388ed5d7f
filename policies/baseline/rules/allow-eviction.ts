import type { StackValidationPolicy } from "@pulumi/policy";
import { autoscalersOf, scales } from "../../kit/autoscalers";
import type { Autoscaler } from "../../kit/autoscalers";
import { budgetsOf, guards } from "../../kit/budgets";
import type { BudgetSpec } from "../../kit/budgets";
import { judge } from "../../kit/judge";
import { objectLabel } from "../../kit/objects";
import { objectsOf, specOf, workloadsOf } from "../../kit/stack-objects";
import type { StackObject, Workload } from "../../kit/stack-objects";

export const policy: StackValidationPolicy = {
  name: "allow-eviction",
  displayName: "Budgets let a pod go",
  description: "Every PodDisruptionBudget guards pods of the stack, allows at least one eviction, and is the only one that guards them.",
  enforcementLevel: "mandatory",
  severity: "high",
  tags: ["kubernetes", "reliability", "operations"],
  remediationSteps:
    "Set maxUnavailable: 1 and leave minAvailable out: it holds for any number of replicas. Let the budget's selector be that of its workload, " +
    "and let each workload have one budget.",
  url: "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
  validateStack: ({ resources }, reportViolation) =>
    judge(reportViolation, (check) => {
      const objects = objectsOf(resources, check);
      const workloads = workloadsOf(objects, check);
      const autoscalers = autoscalersOf(objects);
      const budgets = budgetsOf(objects);
      for (const budget of budgets) {
        check(() => budgetVerdict(budget, workloads.filter((workload) => guards(budget, workload)), autoscalers), budget.urn);
      }
      for (const workload of workloads) {
        check(() => overlapVerdict(workload, budgets.filter((budget) => guards(budget, workload))), workload.urn);
      }
    }),
};

function budgetVerdict(budget: StackObject, targets: readonly Workload[], autoscalers: readonly Autoscaler[]): string | undefined {
  const label = objectLabel(budget);
  if (targets.length === 0) {
    const { selector } = specOf<BudgetSpec>(budget);
    return `${label}: spec.selector is ${JSON.stringify(selector)}: it picks no pods of this stack and guards nothing; ` +
      "use the labels and the namespace of its workload.";
  }
  const { minAvailable, maxUnavailable } = specOf<BudgetSpec>(budget);
  if (minAvailable === undefined && maxUnavailable === undefined) {
    return `${label} sets neither minAvailable nor maxUnavailable: such a budget allows no eviction; set maxUnavailable: 1.`;
  }
  const replicas = targets.reduce((sum, target) => sum + fewestReplicas(target, autoscalers), 0);
  const allowed = maxUnavailable === undefined ? replicas - count(minAvailable ?? 0, replicas) : count(maxUnavailable, replicas);
  if (allowed >= 1) return undefined;
  const [field, value] = maxUnavailable === undefined ? ["minAvailable", minAvailable] : ["maxUnavailable", maxUnavailable];
  return `${label}: spec.${field} is '${value ?? ""}', which allows no eviction of the ${replicas} pod(s) of ${targets.map(objectLabel).join(", ")}: ` +
    "no node can be drained; set maxUnavailable: 1.";
}

/** The fewest pods that the workload has while it has any: then an eviction matters most. */
function fewestReplicas(workload: Workload, autoscalers: readonly Autoscaler[]): number {
  const scaler = autoscalers.find((candidate) => scales(candidate, workload));
  if (scaler !== undefined) return Math.max(1, scaler.minReplicas());
  return Math.max(1, specOf<{ replicas: number }>(workload).replicas ?? 1);
}

/** A count, or a share of the pods, which the disruption controller rounds up in both fields. */
function count(value: number | string, replicas: number): number {
  const percent = /^(\d+)%$/.exec(String(value))?.[1];
  return percent === undefined ? Number(value) : Math.ceil((Number(percent) * replicas) / 100);
}

function overlapVerdict(workload: Workload, budgets: readonly StackObject[]): string | undefined {
  if (budgets.length < 2) return undefined;
  return `the pods of ${objectLabel(workload)} have ${budgets.length} budgets (${budgets.map((budget) => `'${budget.props.metadata?.name ?? ""}'`).join(", ")}): ` +
    "an eviction of a pod with more than one is refused; keep one.";
}
