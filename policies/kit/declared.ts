/** One entry of an object's `metadata.managedFields`. */
interface ManagedFields {
  readonly manager?: string;
  readonly operation?: string;
  readonly fieldsV1?: FieldSet;
}

/** Kubernetes' FieldsV1: `f:<field>`, `k:<key of a list item>` and `v:<value of a set>` lead on; nothing leads on from a leaf. */
interface FieldSet {
  readonly [step: string]: FieldSet;
}

/** Field managers of the engine: the program's own for its objects, and the provider's for the children of charts. */
const ENGINE = /^(agentic-flow$|pulumi-kubernetes)/;

/**
 * What the program declared of an object that exists. After an update, and for what did not change, a stack rule is
 * shown the object as it is in the cluster: with defaults that nobody wrote and with what an autoscaler has set, such
 * as `replicas: 1`. The object itself says which fields the engine applied; the rest of `spec` is left out.
 *
 * An object without that record (a preview of one to be made) is as it was written.
 */
export function declaredOf<T extends Readonly<Record<string, unknown>>>(object: T): T {
  const applied = appliedFields(object);
  return applied === undefined ? object : { ...object, spec: owned(object["spec"], applied["f:spec"]) };
}

function appliedFields(object: Readonly<Record<string, unknown>>): FieldSet | undefined {
  let entries: readonly ManagedFields[];
  try {
    const metadata = object["metadata"] as { readonly managedFields?: readonly ManagedFields[] } | undefined;
    entries = metadata?.managedFields ?? [];
  } catch {
    // Not known yet: then there is no object in a cluster either.
    return undefined;
  }
  return entries.find(({ manager, operation }) => manager !== undefined && ENGINE.test(manager) && operation === "Apply")?.fieldsV1;
}

function owned(value: unknown, fields: FieldSet | undefined): unknown {
  if (fields === undefined) return undefined;
  const steps = Object.keys(fields).filter((step) => step !== ".");
  if (steps.length === 0 || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return ownedItems(value, fields, steps);
  const kept = Object.entries(value).flatMap(([name, inner]) => {
    const inside = fields[`f:${name}`];
    return inside === undefined ? [] : [[name, owned(inner, inside)] as const];
  });
  return Object.fromEntries(kept);
}

/** Items of a list are told apart by the values of their keys; a set of plain values is kept whole. */
function ownedItems(items: readonly unknown[], fields: FieldSet, steps: readonly string[]): unknown[] {
  const keys = steps.filter((step) => step.startsWith("k:")).map((step) => ({ step, key: JSON.parse(step.slice(2)) as Readonly<Record<string, unknown>> }));
  if (keys.length === 0) return [...items];
  return items.flatMap((item) => {
    const mine = keys.find(({ key }) => Object.entries(key).every(([name, wanted]) => (item as Readonly<Record<string, unknown>>)[name] === wanted));
    return mine === undefined ? [] : [owned(item, fields[mine.step])];
  });
}
