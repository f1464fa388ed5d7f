import type { ResourceValidationArgs } from "@pulumi/policy";
import type { Check } from "./judge";

/** What the rules read of a container. Everything may be absent, as in a patch. */
export interface Container {
  readonly name?: string;
  readonly image?: string;
  readonly resources?: Resources;
  readonly securityContext?: {
    readonly privileged?: boolean;
    readonly allowPrivilegeEscalation?: boolean;
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly capabilities?: { readonly add?: readonly string[] };
  };
}

/** Kubernetes quantities by resource name, for instance `{ cpu: "100m", memory: "64Mi" }`. */
export interface Resources {
  readonly requests?: Readonly<Record<string, string | number>>;
  readonly limits?: Readonly<Record<string, string | number>>;
}

/** What the rules read of a pod. */
export interface PodSpec {
  readonly initContainers?: readonly Container[];
  readonly containers?: readonly Container[];
  readonly ephemeralContainers?: readonly Container[];
  readonly resources?: Resources;
  readonly securityContext?: { readonly runAsNonRoot?: boolean; readonly runAsUser?: number };
  readonly volumes?: readonly { readonly name?: string; readonly image?: { readonly reference?: string } }[];
}

export interface PodView {
  readonly spec: PodSpec;
  /** Where the pod's spec stands in the resource, for messages: `spec.template.spec`. */
  readonly path: string;
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

// Every version of the groups that hold those kinds, and the SDK's `...Patch` and `...List` twins of each.
const typePattern = /^kubernetes:(?:core|apps|batch|extensions)\/[^:]+:(\w+?)(Patch|List)?$/;

/** Visits every pod that the resource can start; marks the rule as not applicable when it can start none. */
export function eachPod(args: ResourceValidationArgs, check: Check, visit: (pod: PodView) => void): void {
  const [, kind = "", twin] = typePattern.exec(args.type) ?? [];
  const steps = podSpecPaths[kind];
  if (steps === undefined) return args.notApplicable("the resource starts no pods");

  const partial = twin === "Patch";
  const visitAt = (root: unknown, prefix: string): void =>
    check(() => {
      const spec = steps.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], root);
      const path = prefix + steps.join(".");
      if (spec !== undefined && spec !== null) visit({ spec, path, partial });
      else if (!partial) return `${path} is missing: without it nothing can be judged; declare the pod's spec.`;
      return undefined;
    });

  if (twin !== "List") return visitAt(args.props, "");
  check(() => {
    const items = (args.props as { items?: readonly unknown[] }).items ?? [];
    items.forEach((_, index) => check(() => void visitAt(items[index], `items[${index}].`)));
    return undefined;
  });
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
