import type { PolicyResource } from "@pulumi/policy";
import type { Check } from "./judge";
import { eachObject } from "./objects";
import type { KubernetesObject } from "./objects";
import { podOf } from "./pod-templates";
import type { PodView } from "./pod-templates";

/** An object of a stack and where it is. Patches are left out: what they change is another owner's object. */
export interface StackObject extends KubernetesObject {
  readonly urn: string;
  /**
   * The cluster, by its provider, and the namespace. Two objects can only mean one another when this is equal.
   *
   * @throws the library's error when the namespace is not known yet.
   */
  readonly place: () => string;
}

/** An object that starts pods. */
export interface Workload extends StackObject {
  readonly pod: PodView;
  /** Labels of its pods. */
  readonly labels: () => Readonly<Record<string, string>>;
}

/** Every object of the stack, by URN: the engine hands resources over in no fixed order, and messages should not change by themselves. */
export function objectsOf(resources: readonly PolicyResource[], check: Check): StackObject[] {
  const objects: StackObject[] = [];
  for (const resource of [...resources].sort((a, b) => (a.urn < b.urn ? -1 : 1))) {
    eachObject(resource, check, (object) => {
      if (object.partial) return;
      const { urn, provider } = resource;
      const place = (): string => {
        const ofProvider = provider?.props["namespace"] as string | undefined;
        return `${provider?.urn ?? ""} ${object.props.metadata?.namespace ?? ofProvider ?? "default"}`;
      };
      objects.push({ ...object, urn, place });
    });
  }
  return objects;
}

/** Those that start pods and are no patch. A pod without spec is `eachPod`'s to report. */
export function workloadsOf(objects: readonly StackObject[], check: Check): Workload[] {
  const workloads: Workload[] = [];
  for (const object of objects) {
    podOf(object, (verdict) => check(() => (verdict(), undefined)), (pod) => {
      workloads.push({ ...object, pod, labels: () => pod.metadata().labels ?? {} });
    });
  }
  return workloads;
}

/** Those of one kind. */
export function ofKind<T extends StackObject>(objects: readonly T[], group: string, kind: string): T[] {
  return objects.filter((object) => object.group === group && object.kind === kind);
}

/** The object's `spec`, as the caller knows it to be. */
export function specOf<T extends object>(object: KubernetesObject): Partial<T> {
  return (object.props["spec"] ?? {});
}
