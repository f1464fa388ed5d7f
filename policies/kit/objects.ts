import { declaredOf } from "./declared";
import type { Check } from "./judge";

/** What the rules read of an object's metadata. */
export interface Metadata {
  readonly name?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ObjectKind {
  /** API group without version; `core` for the oldest one. */
  readonly group: string;
  readonly kind: string;
}

/** One Kubernetes object of a resource: the resource itself, or an item of its list. */
export interface KubernetesObject extends ObjectKind {
  /** What was declared. Reading a value in it that is not known yet throws. */
  readonly props: { readonly metadata?: Metadata } & Readonly<Record<string, unknown>>;
  /** Where the object stands in its resource, for messages: empty, or `items[0].`. */
  readonly prefix: string;
  /** A patch holds only what it changes: an absent field in it says nothing. */
  readonly partial: boolean;
}

/** A resource as rules of either form are shown it. */
interface Shown {
  readonly type: string;
  readonly props: unknown;
}

const typePattern = /^kubernetes:([^:/]+)\/[^:]+:(\w+?)(Patch|List)?$/;

// Components and releases that look like objects by their type; the objects they make are resources of their own.
const toolGroups: readonly string[] = ["yaml", "helm.sh", "kustomize"];

/** The kind of object that a resource of the type is, patches, or lists; undefined for anything but an object. */
export function objectKind(type: string): ObjectKind | undefined {
  const [, group = "", kind = ""] = typePattern.exec(type) ?? [];
  return kind === "" || toolGroups.includes(group) ? undefined : { group, kind };
}

/** Visits the object of a resource, or every item of its list; nothing when the resource is no Kubernetes object. */
export function eachObject({ type, props }: Shown, check: Check, visit: (object: KubernetesObject) => void): void {
  const kind = objectKind(type);
  if (kind === undefined) return;
  const visitAt = (object: unknown, prefix: string): void =>
    visit({ ...kind, props: declaredOf(object as KubernetesObject["props"]), prefix, partial: type.endsWith("Patch") });
  if (!type.endsWith("List")) return visitAt(props, "");
  check(() => {
    const items = (props as { items?: readonly unknown[] }).items ?? [];
    items.forEach((_, index) => check(() => void visitAt(items[index], `items[${index}].`)));
    return undefined;
  });
}

/** How messages name an object: `Deployment 'web'`. */
export function objectLabel({ kind, props }: KubernetesObject): string {
  return `${kind} '${props.metadata?.name ?? "without name"}'`;
}

/** How the pack's configuration names an object: `<namespace>/<name>`, or `<name>` for one that is in no namespace. */
export function configuredName({ props: { metadata } }: KubernetesObject): string {
  const name = metadata?.name ?? "";
  return metadata?.namespace === undefined ? name : `${metadata.namespace}/${name}`;
}

/** What `configuredName` gives, for the schemas of settings. */
export const configuredNamePattern = "^(?:[a-z0-9-]+/)?[a-z0-9.-]+$";
