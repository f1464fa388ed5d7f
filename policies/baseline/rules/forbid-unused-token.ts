import type { ResourceValidationPolicy } from "@pulumi/policy";
import { judge } from "../../kit/judge";
import { eachObject, objectKind } from "../../kit/objects";
import type { KubernetesObject, Metadata } from "../../kit/objects";
import { eachPod } from "../../kit/pod-templates";
import type { PodView } from "../../kit/pod-templates";

/** Label or annotation of a pod or an account that does talk to the Kubernetes API. Its value says what for. */
export const usesApiKey = "agentic-flow.io/uses-kubernetes-api";

const field = "automountServiceAccountToken";

export const policy: ResourceValidationPolicy = {
  name: "forbid-unused-token",
  displayName: "No token that nobody uses",
  description: "Pods and service accounts mount no token of the Kubernetes API, unless they say what they use it for.",
  enforcementLevel: "mandatory",
  severity: "high",
  tags: ["kubernetes", "security"],
  framework: {
    name: "CIS Kubernetes Benchmark",
    version: "1.8",
    reference: "5.1.6",
    specification: "Ensure that Service Account Tokens are only mounted where necessary",
  },
  remediationSteps:
    `Set ${field}: false on the pod and on its ServiceAccount. A workload that calls the Kubernetes API carries the annotation ` +
    `'${usesApiKey}' on its pods and its account instead, with what it calls it for.`,
  url: "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting",
  validateResource: (args, reportViolation) =>
    judge(reportViolation, (check) => {
      const kind = objectKind(args.type);
      if (kind?.group === "core" && kind.kind === "ServiceAccount") {
        return eachObject(args, check, (account) => check(() => accountVerdict(account)));
      }
      return eachPod(args, check, (pod) => check(() => podVerdict(pod)));
    }),
};

function accountVerdict({ props, prefix, partial }: KubernetesObject): string | undefined {
  return verdict(`${prefix}${field}`, props[field], partial, () => props.metadata ?? {});
}

function podVerdict({ spec, path, partial, metadata }: PodView): string | undefined {
  return verdict(`${path}.${field}`, spec.automountServiceAccountToken, partial, metadata);
}

function verdict(path: string, value: unknown, partial: boolean, metadata: () => Metadata): string | undefined {
  if (value === false || (partial && (value === undefined || value === null))) return undefined;
  const { annotations, labels } = metadata();
  const reason = annotations?.[usesApiKey] ?? labels?.[usesApiKey];
  if (reason !== undefined && reason.trim() !== "") return undefined;
  return `${path} is ${typeof value === "boolean" ? value : "missing"}: whoever gets into the pod gets its token; ` +
    `set it to false, or say in the annotation '${usesApiKey}' what the token is for.`;
}
