import type { StackValidationPolicy } from "@pulumi/policy";
import { autoscalersOf, scales } from "../../kit/autoscalers";
import type { Autoscaler } from "../../kit/autoscalers";
import { judge } from "../../kit/judge";
import { objectLabel } from "../../kit/objects";
import { objectsOf, specOf } from "../../kit/stack-objects";
import type { StackObject } from "../../kit/stack-objects";

export const policy: StackValidationPolicy = {
  name: "forbid-fixed-replicas",
  displayName: "The autoscaler alone sets replicas",
  description: "A workload that an autoscaler targets does not set its own number of replicas.",
  enforcementLevel: "mandatory",
  severity: "medium",
  tags: ["kubernetes", "reliability"],
  remediationSteps:
    "Leave spec.replicas out of the workload and set the autoscaler's minimum instead: every update would reset the count, in the middle of the load " +
    "that raised it.",
  url: "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling",
  validateStack: ({ resources }, reportViolation) =>
    judge(reportViolation, (check) => {
      const objects = objectsOf(resources, check);
      for (const autoscaler of autoscalersOf(objects)) {
        for (const object of objects) check(() => verdict(object, autoscaler), object.urn);
      }
    }),
};

function verdict(object: StackObject, autoscaler: Autoscaler): string | undefined {
  // The kind first: it is known, and spares the objects that cannot be meant their unknown names.
  if (object.kind !== autoscaler.target().kind || !scales(autoscaler, object)) return undefined;
  const { replicas } = specOf<{ replicas: number }>(object);
  if (replicas === undefined || replicas === null) return undefined;
  return `${objectLabel(object)}: spec.replicas is ${replicas}, and ${objectLabel(autoscaler)} sets it too: each update undoes its work; ` +
    "leave it out and set the autoscaler's minimum.";
}
