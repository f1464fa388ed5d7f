import type * as k8s from "@pulumi/kubernetes";
import { selectorLabels } from "../labels";
import type { ServiceWorkloadArgs, WorkloadPort } from "./args";

type Spec = k8s.types.input.networking.v1.NetworkPolicySpec;

/** What a workload may be asked and may ask; everything else is denied by the namespace. */
export function networkPolicySpec(name: string, args: ServiceWorkloadArgs): Spec {
  return {
    podSelector: { matchLabels: selectorLabels(name) },
    policyTypes: ["Ingress", "Egress"],
    ingress: args.ports.flatMap(ingress),
    egress: (args.destinations ?? []).map(({ labels, port }) => ({
      to: [{ podSelector: { matchLabels: { ...labels } } }],
      ports: [{ protocol: "TCP", port }],
    })),
  };
}

function ingress({ port, callers }: WorkloadPort): k8s.types.input.networking.v1.NetworkPolicyIngressRule[] {
  if (callers === undefined || callers.length === 0) return [];
  const ports = [{ protocol: "TCP", port }];
  // A rule without `from` is for everybody; an empty `from` would say the same by accident, hence the check above.
  if (callers === "anybody") return [{ ports }];
  return [{ ports, from: callers.map((labels) => ({ podSelector: { matchLabels: { ...labels } } })) }];
}
