import type { Cluster } from "./cluster";

/** As long as the slowest store may take to start. */
const rolloutTimeout = "600s";

interface Scaler {
  readonly spec: { readonly minReplicas: number; readonly scaleTargetRef: { readonly kind: string; readonly name: string } };
}

export interface StatefulSet {
  readonly name: string;
  readonly replicas: number;
  readonly image: string;
  readonly args: readonly string[];
}

interface StatefulSetObject {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly replicas: number; readonly template: { readonly spec: { readonly containers: readonly [{ readonly image: string; readonly args?: readonly string[] }] } } };
}

/** The StatefulSets of the platform's data stores, by name. */
export async function findStores(cluster: Cluster): Promise<Readonly<Record<string, StatefulSet>>> {
  const list = JSON.parse(await cluster.kubectl(["get", "statefulsets", "-l", "app.kubernetes.io/component=datastore", "-o", "json"])) as { items: readonly StatefulSetObject[] };
  return Object.fromEntries(
    list.items.map(({ metadata, spec }) => {
      const { image, args = [] } = spec.template.spec.containers[0];
      return [metadata.name, { name: metadata.name, replicas: spec.replicas, image, args }];
    }),
  );
}

/** Every service's Deployment and how many replicas it begins with; an autoscaler knows, also when a restore was interrupted. */
export async function findServices(cluster: Cluster): Promise<readonly { readonly name: string; readonly replicas: number }[]> {
  const list = JSON.parse(await cluster.kubectl(["get", "horizontalpodautoscalers", "-l", "app.kubernetes.io/component=service", "-o", "json"])) as { items: readonly Scaler[] };
  return list.items.map(({ spec }) => ({ name: spec.scaleTargetRef.name, replicas: spec.minReplicas }));
}

/** Scales and waits until it is so. An autoscaler rests while its target is at 0. */
export async function scale(cluster: Cluster, kind: "deployment" | "statefulset", name: string, replicas: number): Promise<void> {
  await cluster.kubectl(["scale", kind, name, `--replicas=${replicas}`]);
  if (replicas === 0) await cluster.kubectl(["wait", "pods", "-l", `app.kubernetes.io/name=${name}`, "--for=delete", `--timeout=${rolloutTimeout}`]);
  else await cluster.kubectl(["rollout", "status", kind, name, `--timeout=${rolloutTimeout}`]);
}
