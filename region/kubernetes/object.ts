/** Any Kubernetes object, as its API takes and gives it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly resourceVersion?: string;
}

/** An object that is applied once a Deployment is available. */
export interface LateObject {
  readonly afterDeployment: { readonly namespace: string; readonly name: string };
  readonly object: KubernetesObject;
}

/** Anything that tells about itself by conditions. */
export interface Conditioned {
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  /** Set by kubelet on conditions of a node; whole seconds. */
  readonly lastHeartbeatTime?: string;
}

/** Whether a condition is true, and was said to be no earlier than `since`. */
export function hasCondition(object: Conditioned, type: string, since?: Date): boolean {
  const wholeSecond = since === undefined ? 0 : Math.floor(since.getTime() / 1000) * 1000;
  return object.status?.conditions?.some((condition) => condition.type === type && condition.status === "True" && (since === undefined || Date.parse(condition.lastHeartbeatTime ?? "") >= wholeSecond)) === true;
}

export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly metadata: { readonly resourceVersion?: string };
}

/** Kinds that the region itself handles: their plural in a path, and whether they live in a namespace. */
const kinds: Readonly<Record<string, { readonly plural: string; readonly namespaced: boolean }>> = {
  APIService: { plural: "apiservices", namespaced: false },
  ClusterRole: { plural: "clusterroles", namespaced: false },
  ClusterRoleBinding: { plural: "clusterrolebindings", namespaced: false },
  ConfigMap: { plural: "configmaps", namespaced: true },
  Deployment: { plural: "deployments", namespaced: true },
  Event: { plural: "events", namespaced: true },
  Namespace: { plural: "namespaces", namespaced: false },
  Node: { plural: "nodes", namespaced: false },
  PersistentVolume: { plural: "persistentvolumes", namespaced: false },
  PersistentVolumeClaim: { plural: "persistentvolumeclaims", namespaced: true },
  RoleBinding: { plural: "rolebindings", namespaced: true },
  Secret: { plural: "secrets", namespaced: true },
  Service: { plural: "services", namespaced: true },
  ServiceAccount: { plural: "serviceaccounts", namespaced: true },
  StorageClass: { plural: "storageclasses", namespaced: false },
};

/** Path of all objects of a kind, over all namespaces unless one is given. */
export function collectionPath(apiVersion: string, kind: string, namespace?: string): string {
  const known = kinds[kind];
  if (known === undefined) throw new Error(`kind ${kind} is not one that the region handles`);
  const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return known.namespaced && namespace !== undefined ? `${base}/namespaces/${namespace}/${known.plural}` : `${base}/${known.plural}`;
}

/** Path of one object. */
export function objectPath(object: { readonly apiVersion: string; readonly kind: string; readonly metadata: ObjectMeta }): string {
  const { apiVersion, kind, metadata } = object;
  if (kinds[kind]?.namespaced === true && metadata.namespace === undefined) throw new Error(`${kind} ${metadata.name} needs a namespace`);
  return `${collectionPath(apiVersion, kind, metadata.namespace)}/${metadata.name}`;
}
