import type { ExampleProvider, ExampleResource } from "../../../policies/kit/examples";
import type { Registered } from "../../support/mocks";

const providerPrefix = "pulumi:providers:";

/** What a program registered under mocks, as the engine would show it to a pack. */
export function asShown(registered: readonly Registered[]): ExampleResource[] {
  const providers = new Map(registered.filter(({ type }) => type.startsWith(providerPrefix)).map((resource) => [`${resource.type} ${resource.name}`, resource]));
  return registered.map(({ type, name, inputs, provider }) => ({
    type,
    name,
    props: named(type, name, inputs),
    provider: provider === undefined ? undefined : asProvider(provider, providers),
  }));
}

/** A reference is a URN and an id: `<stack>::<project>::<types, outermost first, by $>::<name>::<id>`. */
function asProvider(reference: string, providers: ReadonlyMap<string, Registered>): ExampleProvider {
  const [, , types = "", name = ""] = reference.split("::");
  const found = providers.get(`${types.split("$").at(-1) ?? ""} ${name}`);
  if (found === undefined) throw new Error(`'${reference}' is no provider of the program: there are ${[...providers.keys()].join(", ")}`);
  return { type: found.type, name, props: found.inputs };
}

/** Kubernetes' provider names an object that has no name before the pack sees it. */
function named(type: string, name: string, inputs: Record<string, unknown>): Record<string, unknown> {
  if (!type.startsWith("kubernetes:")) return inputs;
  const metadata = (inputs["metadata"] ?? {}) as Record<string, unknown>;
  return { ...inputs, metadata: { name: `${name}-suffix`, ...metadata } };
}
