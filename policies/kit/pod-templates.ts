import type { ResourceValidationArgs } from "@pulumi/policy";
import type { Check } from "./judge";
import { eachObject, objectKind } from "./objects";
import type { KubernetesObject, Metadata, ObjectKind } from "./objects";

/** What the rules read of a container. Everything may be absent, as in a patch. */
export interface Container {
  readonly name?: string;
  readonly image?: string;
  readonly resources?: Resources;
  readonly ports?: readonly { readonly hostPort?: number }[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
  /** Of an init container: `Always` makes it one that runs beside the others. */
  readonly restartPolicy?: string;
  readonly securityContext?: {
    readonly privileged?: boolean;
    readonly allowPrivilegeEscalation?: boolean;
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  };
}

/** Kubernetes quantities by resource name, for instance `{ cpu: "100m", memory: "64Mi" }`. */
export interface Resources {
  readonly requests?: Readonly<Record<string, string | number>>;
  readonly limits?: Readonly<Record<string, string | number>>;
}

/** A probe has one handler: what it asks. */
export interface Probe {
  readonly httpGet?: object;
  readonly tcpSocket?: object;
  readonly exec?: object;
  readonly grpc?: object;
  readonly initialDelaySeconds?: number;
}

/** What the rules read of a pod. */
export interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly restartPolicy?: string;
  readonly initContainers?: readonly Container[];
  readonly containers?: readonly Container[];
  readonly ephemeralContainers?: readonly Container[];
  readonly resources?: Resources;
  readonly securityContext?: { readonly runAsNonRoot?: boolean; readonly runAsUser?: number };
  readonly volumes?: readonly Volume[];
}

export interface Volume {
  readonly name?: string;
  readonly image?: { readonly reference?: string };
  readonly hostPath?: { readonly path?: string };
}

export interface PodView {
  /** The object that starts the pod. */
  readonly object: KubernetesObject;
  readonly spec: PodSpec;
  /** Where the pod's spec stands in the resource, for messages: `spec.template.spec`. */
  readonly path: string;
  /** The pod's own metadata, read late. */
  readonly metadata: () => Metadata;
  /** A patch holds only what it changes: an absent field in it says nothing. */
  readonly partial: boolean;
}

export interface ContainerView {
  readonly fields: Container;
  readonly pod: PodView;
  readonly list: (typeof containerLists)[number];
  /** The full path of one of its fields and the container's name, for messages. */
  readonly at: (field: string) => string;
}

/** Where each kind that can start a pod keeps the pod's spec. A test compares this list with the provider's SDK. */
export const podSpecPaths: Readonly<Record<string, readonly string[]>> = {
  Pod: ["spec"],
  PodTemplate: ["template", "spec"],
  ReplicationController: ["spec", "template", "spec"],
  Deployment: ["spec", "template", "spec"],
  StatefulSet: ["spec", "template", "spec"],
  DaemonSet: ["spec", "template", "spec"],
  ReplicaSet: ["spec", "template", "spec"],
  Job: ["spec", "template", "spec"],
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
};

const containerLists = ["initContainers", "containers", "ephemeralContainers"] as const;

// Every version of the groups that hold those kinds.
const podGroups: readonly string[] = ["core", "apps", "batch", "extensions"];

/** Visits every pod that the resource can start; marks the rule as not applicable when it can start none. */
export function eachPod(args: ResourceValidationArgs, check: Check, visit: (pod: PodView) => void): void {
  const kind = objectKind(args.type);
  if (kind === undefined || !startsPods(kind)) return args.notApplicable("the resource starts no pods");
  eachObject(args, check, (object) => podOf(object, check, visit));
}

/** True for a kind whose objects start pods. */
export function startsPods(kind: ObjectKind): boolean {
  return stepsTo(kind) !== undefined;
}

/** Visits the pod that the object can start, if it can start one. */
export function podOf(object: KubernetesObject, check: Check, visit: (pod: PodView) => void): void {
  const steps = stepsTo(object);
  if (steps === undefined) return;
  check(() => {
    const spec = follow(object.props, steps);
    const path = object.prefix + steps.join(".");
    const metadata = (): Metadata => (follow(object.props, [...steps.slice(0, -1), "metadata"]) ?? {});
    if (spec !== undefined && spec !== null) visit({ object, spec, path, metadata, partial: object.partial });
    else if (!object.partial) return `${path} is missing: without it nothing can be judged; declare the pod's spec.`;
    return undefined;
  });
}

function stepsTo({ group, kind }: ObjectKind): readonly string[] | undefined {
  return podGroups.includes(group) ? podSpecPaths[kind] : undefined;
}

function follow(root: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], root);
}

/** Visits the init, ordinary and ephemeral containers of a pod, in the order in which they start. */
export function eachContainer(pod: PodView, check: Check, visit: (container: ContainerView) => void): void {
  for (const list of containerLists) {
    check(() => {
      const entries = pod.spec[list] ?? [];
      for (let index = 0; index < entries.length; index++) {
        check(() => {
          const fields = entries[index];
          if (fields === undefined) return undefined;
          const path = `${pod.path}.${list}[${index}]`;
          // The name is read late, and by itself: an unknown name must not hide the container.
          visit({ fields, pod, list, at: (field) => `${path}.${field}${label(() => fields.name)}` });
          return undefined;
        });
      }
      return undefined;
    });
  }
}

function label(readName: () => string | undefined): string {
  let name: string | undefined;
  try {
    name = readName();
  } catch {
    name = undefined;
  }
  return name === undefined ? "" : ` (container '${name}')`;
}
