import type { ExampleResource } from "./examples";
import { sampleDeployment, sampleLabels, sampleObject, sampleSelector, sampleTemplate } from "./sample-pods";

type Fields = Readonly<Record<string, unknown>>;

/** A budget of the workload of that name. */
export function sampleBudget(workload: string, changes: Fields = { maxUnavailable: 1 }, name = workload): ExampleResource {
  return sampleObject("policy/v1:PodDisruptionBudget", name, { spec: { selector: sampleSelector(workload), ...changes } });
}

/** A network policy of the workload of that name. */
export function sampleNetworkPolicy(workload: string, changes: Fields = {}, name = workload): ExampleResource {
  return sampleObject("networking.k8s.io/v1:NetworkPolicy", name, {
    spec: { podSelector: sampleSelector(workload), policyTypes: ["Ingress", "Egress"], ...changes },
  });
}

/** An autoscaler of the workload of that name, a Deployment. */
export function sampleAutoscaler(workload: string, changes: Fields = {}, name = workload): ExampleResource {
  return sampleObject("autoscaling/v2:HorizontalPodAutoscaler", name, {
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: workload }, minReplicas: 2, maxReplicas: 4, ...changes },
  });
}

/** A store of three members. */
export function sampleStatefulSet(changes: Fields = {}): ExampleResource {
  return sampleObject("apps/v1:StatefulSet", "store", {
    spec: {
      replicas: 3,
      selector: sampleSelector("store"),
      template: sampleTemplate({}, "store"),
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      volumeClaimTemplates: [{ metadata: { name: "data" }, spec: { resources: { requests: { storage: "1Gi" } } } }],
      ...changes,
    },
  });
}

/** A small stack that every rule of every kind accepts: a scaled Deployment, a store, and what guards them. */
export function sampleStack(): ExampleResource[] {
  return [
    { ...sampleObject("core/v1:Namespace", "swarm"), props: { metadata: { name: "swarm", labels: sampleLabels("swarm") } } },
    sampleObject("core/v1:ServiceAccount", "web", { automountServiceAccountToken: false }),
    sampleDeployment(),
    sampleAutoscaler("web"),
    sampleBudget("web"),
    sampleNetworkPolicy("web"),
    sampleStatefulSet(),
    sampleBudget("store"),
    sampleNetworkPolicy("store"),
  ];
}
