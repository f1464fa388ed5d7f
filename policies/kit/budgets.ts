import { selects } from "./label-selector";
import type { LabelSelector } from "./label-selector";
import { ofKind, specOf } from "./stack-objects";
import type { StackObject, Workload } from "./stack-objects";

/** What the rules read of a budget's spec. */
export interface BudgetSpec {
  readonly selector: LabelSelector;
  readonly minAvailable: number | string;
  readonly maxUnavailable: number | string;
}

/** The PodDisruptionBudgets among the objects. */
export function budgetsOf(objects: readonly StackObject[]): StackObject[] {
  return ofKind(objects, "policy", "PodDisruptionBudget");
}

/** True when the budget counts the workload's pods. One without selector counts none. */
export function guards(budget: StackObject, workload: Workload): boolean {
  const { selector } = specOf<BudgetSpec>(budget);
  return budget.place() === workload.place() && selector !== undefined && selects(selector, workload.labels());
}
