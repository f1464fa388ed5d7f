import { LABEL_DOMAIN } from "../../config/naming";
import type { Cluster } from "./cluster";

/** As long as the slowest store may take to start. */
const rolloutTimeout = "600s";

interface Scaler {
  readonly spec: { readonly minReplicas: number; readonly scaleTargetRef: { readonly kind: string; readonly name: string } };
}

/** Why a store is not running: a backup leaves its data as they are, a restore does not. */
export type Pause = "backup" | "restore";

/** What is kept with a store while it is paused, so that the next run knows it whatever happened to this one. */
const kept = { replicas: `${LABEL_DOMAIN}/paused-replicas`, version: `${LABEL_DOMAIN}/paused-version`, cause: `${LABEL_DOMAIN}/paused-for` } as const;

export interface StatefulSet {
  readonly name: string;
  /** Of the running store, also while it is paused. */
  readonly replicas: number;
  /** Present when an interrupted run left it paused, with the version that it had. */
  readonly paused: { readonly cause: Pause; readonly version: string } | undefined;
  readonly image: string;
  readonly args: readonly string[];
}

interface StatefulSetObject {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly replicas: number; readonly template: { readonly spec: { readonly containers: readonly [{ readonly image: string; readonly args?: readonly string[] }] } } };
}

/** The StatefulSets of the platform's data stores, by name. */
export async function findStores(cluster: Cluster): Promise<Readonly<Record<string, StatefulSet>>> {
  const list = JSON.parse(await cluster.kubectl(["get", "statefulsets", "-l", "app.kubernetes.io/component=datastore", "-o", "json"])) as { items: readonly StatefulSetObject[] };
  return Object.fromEntries(
    list.items.map(({ metadata, spec }) => {
      const { image, args = [] } = spec.template.spec.containers[0];
      const { [kept.replicas]: replicas, [kept.version]: version, [kept.cause]: cause } = metadata.annotations ?? {};
      const paused = version === undefined ? undefined : ({ cause: cause === "backup" ? "backup" : "restore", version } as const);
      return [metadata.name, { name: metadata.name, replicas: Number(replicas ?? spec.replicas), paused, image, args }];
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

/** Stops a store whose volumes are to be worked on. One that an interrupted run left paused is as it has to be. */
export async function pause(cluster: Cluster, { name, replicas, paused }: StatefulSet, version: string, cause: Pause): Promise<void> {
  const notes = [`${kept.replicas}=${replicas}`, `${kept.version}=${version}`, `${kept.cause}=${cause}`];
  await cluster.kubectl(["annotate", "statefulset", name, "--overwrite", ...notes]);
  if (paused === undefined) await scale(cluster, "statefulset", name, 0);
}

/** Starts it again, and forgets that it was paused. */
export async function resume(cluster: Cluster, { name, replicas }: StatefulSet): Promise<void> {
  await scale(cluster, "statefulset", name, replicas);
  await cluster.kubectl(["annotate", "statefulset", name, ...Object.values(kept).map((note) => `${note}-`)]);
}
