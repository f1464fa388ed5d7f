import type * as k8s from "@pulumi/kubernetes";
import { selectorLabels } from "../labels";
import type { Destination, ServiceWorkloadArgs, WorkloadPort } from "./args";

type Spec = k8s.types.input.networking.v1.NetworkPolicySpec;

/** What a workload may be asked and may ask; everything else is denied by the namespace. */
export function networkPolicySpec(name: string, args: ServiceWorkloadArgs): Spec {
  return {
    podSelector: { matchLabels: selectorLabels(name) },
    policyTypes: ["Ingress", "Egress"],
    ingress: args.ports.flatMap(ingress),
    egress: (args.destinations ?? []).map((destination) => ({
      to: [peer(destination)],
      ports: [{ protocol: "TCP", port: destination.port }],
    })),
  };
}

function peer(destination: Destination): k8s.types.input.networking.v1.NetworkPolicyPeer {
  return "cidr" in destination ? { ipBlock: { cidr: destination.cidr } } : { podSelector: { matchLabels: { ...destination.labels } } };
}

function ingress({ port, callers = [], scrapedBy = [] }: WorkloadPort): k8s.types.input.networking.v1.NetworkPolicyIngressRule[] {
  const ports = [{ protocol: "TCP", port }];
  if (callers === "anybody") return [{ ports }];
  const from = [...callers, ...scrapedBy];
  // A rule without `from` is for everybody; an empty `from` would say the same by accident.
  if (from.length === 0) return [];
  return [{ ports, from: from.map((labels) => ({ podSelector: { matchLabels: { ...labels } } })) }];
}
