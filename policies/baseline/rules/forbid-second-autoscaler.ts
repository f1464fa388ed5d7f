import type { StackValidationPolicy } from "@pulumi/policy";
import { autoscalersOf, scales } from "../../kit/autoscalers";
import type { Autoscaler } from "../../kit/autoscalers";
import { judge, someCertain } from "../../kit/judge";
import { objectLabel } from "../../kit/objects";
import { podSpecPaths } from "../../kit/pod-templates";
import { objectsOf } from "../../kit/stack-objects";
import type { StackObject } from "../../kit/stack-objects";

export const policy: StackValidationPolicy = {
  name: "forbid-second-autoscaler",
  displayName: "One autoscaler per workload",
  description: "Every HorizontalPodAutoscaler and ScaledObject sets the replicas of a workload of the stack, and no two of the same.",
  enforcementLevel: "mandatory",
  severity: "high",
  tags: ["kubernetes", "reliability"],
  remediationSteps:
    "Keep one autoscaler per workload and give it all the signals: it follows whichever asks for the most replicas. " +
    "KEDA makes a HorizontalPodAutoscaler for each ScaledObject by itself.",
  url: "https://keda.sh/docs/latest/concepts/scaling-deployments/",
  validateStack: ({ resources }, reportViolation) =>
    judge(reportViolation, (check) => {
      const objects = objectsOf(resources, check);
      const byTarget = new Map<string, Autoscaler[]>();
      for (const autoscaler of autoscalersOf(objects)) {
        check(() => {
          const { key } = autoscaler.target();
          byTarget.set(key, [...(byTarget.get(key) ?? []), autoscaler]);
          return targetVerdict(autoscaler, objects);
        }, autoscaler.urn);
      }
      for (const [first, ...others] of byTarget.values()) {
        for (const other of others) check(() => verdict(other, first), other.urn);
      }
    }),
};

function targetVerdict(autoscaler: Autoscaler, objects: readonly StackObject[]): string | undefined {
  const { kind, name } = autoscaler.target();
  const path = `${objectLabel(autoscaler)}: spec.scaleTargetRef`;
  if (kind === "" || name === "") return `${path} names no ${kind === "" ? "kind" : "name"}: it scales nothing; name the workload.`;
  // A custom kind may be scaled as well, and its object may be another's.
  if (podSpecPaths[kind] === undefined || someCertain(objects, (object) => scales(autoscaler, object))) return undefined;
  return `${path} is ${kind} '${name}', which this stack does not have there: it scales nothing; use the workload's kind, name and namespace.`;
}

function verdict(other: Autoscaler, first: Autoscaler | undefined): string | undefined {
  if (first === undefined) return undefined;
  const { kind, name } = other.target();
  return `${objectLabel(other)}: spec.scaleTargetRef is ${kind} '${name}', which ${objectLabel(first)} scales already: ` +
    "the two undo each other's work; move the signals of one into the other.";
}
