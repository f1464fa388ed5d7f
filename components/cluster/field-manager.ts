import * as pulumi from "@pulumi/pulumi";

/** Who the API server is told that a field belongs to, for every object of the program. */
export const FIELD_MANAGER = "agentic-flow";

const ANNOTATION = "pulumi.com/patchFieldManager";

/** A chart is a component: its children are registered by the provider and have managers of their own. */
const COMPONENTS = "kubernetes:helm.sh/";

interface ObjectProps {
  readonly metadata?: pulumi.Input<{ readonly annotations?: pulumi.Input<Record<string, pulumi.Input<string>>> }>;
}

/**
 * Gives every Kubernetes object of the program one field manager.
 *
 * Left alone, the provider makes a name up for each object and keeps it in the state. When an update is killed, objects
 * are in the cluster whose name went with it: the next update would be refused their fields, or share them for ever
 * with a manager that nobody can be any more.
 */
export function nameFieldManager(): void {
  pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
    if (!type.startsWith("kubernetes:") || type.startsWith(COMPONENTS)) return undefined;
    const metadata = pulumi.output((props as ObjectProps).metadata ?? {}).apply((given) => ({
      ...given,
      annotations: pulumi.output(given.annotations ?? {}).apply((annotations) => ({ ...annotations, [ANNOTATION]: FIELD_MANAGER })),
    }));
    return { props: { ...(props as object), metadata }, opts };
  });
}
