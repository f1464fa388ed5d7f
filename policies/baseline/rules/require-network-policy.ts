import type { StackValidationPolicy } from "@pulumi/policy";
import { judge, someCertain } from "../../kit/judge";
import { selects, selectsAll } from "../../kit/label-selector";
import type { LabelSelector } from "../../kit/label-selector";
import { objectLabel } from "../../kit/objects";
import { objectsOf, ofKind, specOf, workloadsOf } from "../../kit/stack-objects";
import type { StackObject, Workload } from "../../kit/stack-objects";

interface NetworkPolicySpec {
  readonly podSelector: LabelSelector;
  readonly policyTypes: readonly string[];
  readonly egress: readonly object[];
}

const directions = ["Ingress", "Egress"] as const;

export const policy: StackValidationPolicy = {
  name: "require-network-policy",
  displayName: "Workloads say whom they talk to",
  description: "The pods of every workload are picked by a NetworkPolicy of their own, and nothing reaches or leaves them that no policy allows.",
  enforcementLevel: "mandatory",
  severity: "high",
  tags: ["kubernetes", "security"],
  framework: {
    name: "OWASP Kubernetes Top Ten",
    version: "2022",
    reference: "K07",
    specification: "Missing Network Segmentation Controls",
  },
  remediationSteps:
    "Make a NetworkPolicy in the workload's namespace whose podSelector is the workload's, with policyTypes Ingress and Egress, and list who may call it " +
    "and whom it calls. A policy for all pods of the namespace, such as a default deny, does not count as the workload's own.",
  url: "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
  validateStack: ({ resources }, reportViolation) =>
    judge(reportViolation, (check) => {
      const objects = objectsOf(resources, check);
      const policies = ofKind(objects, "networking.k8s.io", "NetworkPolicy");
      for (const workload of workloadsOf(objects, check)) {
        check(() => onHostNetwork(workload) ? undefined : ownVerdict(workload, policies), workload.urn);
        for (const direction of directions) {
          check(() => onHostNetwork(workload) ? undefined : openVerdict(workload, policies, direction), workload.urn);
        }
      }
    }),
};

/** No policy binds such a pod; whether it may be one is `forbid-host-access`'s to judge. */
function onHostNetwork({ pod }: Workload): boolean {
  return pod.spec.hostNetwork === true;
}

function ownVerdict(workload: Workload, policies: readonly StackObject[]): string | undefined {
  const own = (candidate: StackObject): boolean => picks(candidate, workload) && !selectsAll(specOf<NetworkPolicySpec>(candidate).podSelector ?? {});
  if (someCertain(policies, own)) return undefined;
  return `the pods of ${objectLabel(workload)}, with labels ${JSON.stringify(workload.labels())}, are picked by no NetworkPolicy of their own: ` +
    "who may talk to them is said nowhere; add one with the workload's selector.";
}

function openVerdict(workload: Workload, policies: readonly StackObject[], direction: string): string | undefined {
  if (someCertain(policies, (candidate) => picks(candidate, workload) && directionsOf(candidate).includes(direction))) return undefined;
  return `no NetworkPolicy limits the ${direction} of ${objectLabel(workload)}: all of it is allowed; add '${direction}' to the policyTypes of its own policy.`;
}

function picks(candidate: StackObject, workload: Workload): boolean {
  return candidate.place() === workload.place() && selects(specOf<NetworkPolicySpec>(candidate).podSelector ?? {}, workload.labels());
}

/** What Kubernetes makes of a policy that does not say: always ingress, and egress if it has a rule for it. */
function directionsOf(candidate: StackObject): readonly string[] {
  const { policyTypes, egress } = specOf<NetworkPolicySpec>(candidate);
  return policyTypes ?? (egress === undefined || egress.length === 0 ? ["Ingress"] : directions);
}
