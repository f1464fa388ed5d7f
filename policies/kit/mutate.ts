import type { ExampleResource } from "./examples";

/** A stack with one value spoiled. */
export interface Mutation {
  /** What was done, without positions in lists: `Deployment web: spec.template.spec.containers[].image removed`. */
  readonly title: string;
  readonly stack: readonly ExampleResource[];
}

type Step = string | number;

/** Spoils every value of a stack's resources, one at a time: removed, and changed to something else of its type. */
export function* mutations(stack: readonly ExampleResource[]): Generator<Mutation> {
  for (const [index, resource] of stack.entries()) {
    const kind = resource.type.slice(resource.type.lastIndexOf(":") + 1);
    for (const { path, how, props } of spoil(resource.props)) {
      yield { title: `${kind} ${resource.name}: ${path} ${how}`, stack: stack.with(index, { ...resource, props }) };
    }
  }
}

function* spoil(props: ExampleResource["props"]): Generator<{ path: string; how: string; props: Record<string, unknown> }> {
  for (const steps of pathsOf(props)) {
    const value = steps.reduce<unknown>(child, props);
    for (const [how, edit] of editsOf(value)) {
      const copy = structuredClone(props) as Record<string, unknown>;
      edit(steps.slice(0, -1).reduce<unknown>(child, copy) as Container, steps.at(-1) as Step);
      yield { path: shown(steps), how, props: copy };
    }
  }
}

type Container = Record<Step, unknown> | unknown[];
type Edit = readonly [how: string, apply: (container: Container, step: Step) => void];

function editsOf(value: unknown): Edit[] {
  const change = (to: unknown): Edit => ["changed", (container, step) => void ((container as Record<Step, unknown>)[step] = to)];
  const remove: Edit = ["removed", (container, step) => void (Array.isArray(container) ? container.splice(Number(step), 1) : delete container[step])];
  switch (typeof value) {
    case "boolean": return [remove, change(!value)];
    case "number": return [remove, change(0)];
    case "string": return [remove, change("spoiled")];
    default: return [remove];
  }
}

/** Every path into the value, parents before children. */
function* pathsOf(value: unknown, above: readonly Step[] = []): Generator<readonly Step[]> {
  if (typeof value !== "object" || value === null) return;
  const steps: Iterable<Step> = Array.isArray(value) ? value.keys() : Object.keys(value);
  for (const step of steps) {
    const path = [...above, step];
    yield path;
    yield* pathsOf(child(value, step), path);
  }
}

function child(value: unknown, step: Step): unknown {
  return (value as Record<Step, unknown>)[step];
}

function shown(steps: readonly Step[]): string {
  return steps.map((step) => (typeof step === "number" ? "[]" : /^[\w-]+$/.test(step) ? `.${step}` : `['${step}']`)).join("").replace(/^\./, "");
}
