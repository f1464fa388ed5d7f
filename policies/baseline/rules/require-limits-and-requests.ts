import type { ResourceValidationPolicy } from "@pulumi/policy";
import { judge } from "../../kit/judge";
import { eachContainer, eachPod } from "../../kit/pod-templates";

// No CPU limit is asked for: it throttles a container on an idle node, and the request already guarantees its share.
const required = [
  ["requests", "cpu"],
  ["requests", "memory"],
  ["limits", "memory"],
] as const;

// As the API server reads it: a number with a decimal or binary suffix, or an exponent.
const quantityPattern = /^\+?(\d+\.?\d*|\.\d+)(?:[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/;

export const policy: ResourceValidationPolicy = {
  name: "require-limits-and-requests",
  displayName: "Containers say what they need",
  description: "Every container requests CPU and memory and limits its memory.",
  enforcementLevel: "mandatory",
  severity: "medium",
  tags: ["kubernetes", "reliability", "cost"],
  remediationSteps:
    "Set resources.requests.cpu, resources.requests.memory and resources.limits.memory of the container, " +
    "from what it used under load; the pod's own 'resources' count for all of its containers.",
  url: "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
  validateResource: (args, reportViolation) =>
    judge(reportViolation, (check) =>
      eachPod(args, check, (pod) =>
        eachContainer(pod, check, ({ fields, list, at }) => {
          // The API gives ephemeral containers no resources of their own.
          if (list === "ephemeralContainers") return;
          for (const [side, name] of required) {
            check(() => {
              const value = fields.resources?.[side]?.[name] ?? pod.spec.resources?.[side]?.[name];
              const path = at(`resources.${side}.${name}`);
              if (value === undefined || value === null) {
                return pod.partial ? undefined : `${path} is missing: ${wayOut(name)}`;
              }
              const [, number] = quantityPattern.exec(String(value)) ?? [];
              if (number === undefined) return `${path} is '${value}', which is no quantity: ${wayOut(name)}`;
              return Number(number) > 0 ? undefined : `${path} is '${value}', which is nothing: ${wayOut(name)}`;
            });
          }
        }))),
};

function wayOut(name: "cpu" | "memory"): string {
  return `the scheduler and the autoscaler need it; set a quantity such as ${name === "cpu" ? "'100m'" : "'128Mi'"}.`;
}
