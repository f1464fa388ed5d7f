import type { StackValidationPolicy } from "@pulumi/policy";
import { autoscalersOf } from "../../kit/autoscalers";
import type { Autoscaler } from "../../kit/autoscalers";
import { judge } from "../../kit/judge";
import { objectLabel } from "../../kit/objects";
import { objectsOf } from "../../kit/stack-objects";

export const policy: StackValidationPolicy = {
  name: "forbid-second-autoscaler",
  displayName: "One autoscaler per workload",
  description: "No two HorizontalPodAutoscalers or ScaledObjects set the replicas of one workload.",
  enforcementLevel: "mandatory",
  severity: "high",
  tags: ["kubernetes", "reliability"],
  remediationSteps:
    "Keep one autoscaler per workload and give it all the signals: it follows whichever asks for the most replicas. " +
    "KEDA makes a HorizontalPodAutoscaler for each ScaledObject by itself.",
  url: "https://keda.sh/docs/latest/concepts/scaling-deployments/",
  validateStack: ({ resources }, reportViolation) =>
    judge(reportViolation, (check) => {
      const byTarget = new Map<string, Autoscaler[]>();
      for (const autoscaler of autoscalersOf(objectsOf(resources, check))) {
        check(() => {
          const { kind, name, key } = autoscaler.target();
          if (kind === "" || name === "") {
            return `${objectLabel(autoscaler)}: spec.scaleTargetRef names no ${kind === "" ? "kind" : "name"}: it scales nothing; name the workload.`;
          }
          byTarget.set(key, [...(byTarget.get(key) ?? []), autoscaler]);
          return undefined;
        }, autoscaler.urn);
      }
      for (const [first, ...others] of byTarget.values()) {
        for (const other of others) check(() => verdict(other, first), other.urn);
      }
    }),
};

function verdict(other: Autoscaler, first: Autoscaler | undefined): string | undefined {
  if (first === undefined) return undefined;
  const { kind, name } = other.target();
  return `${objectLabel(other)}: spec.scaleTargetRef is ${kind} '${name}', which ${objectLabel(first)} scales already: ` +
    "the two undo each other's work; move the signals of one into the other.";
}
