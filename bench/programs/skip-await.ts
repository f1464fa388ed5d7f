import * as pulumi from "@pulumi/pulumi";

interface KubernetesProps {
  readonly metadata?: pulumi.Input<{ readonly annotations?: Readonly<Record<string, string>> }>;
}

/** No object is waited for: what is left of an update is what it takes to make its objects. */
pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
  if (!type.startsWith("kubernetes:") || type.startsWith("kubernetes:provider")) return undefined;
  const metadata = pulumi.output((props as KubernetesProps).metadata).apply((given) => ({ ...given, annotations: { ...given?.annotations, "pulumi.com/skipAwait": "true" } }));
  return { props: { ...props, metadata }, opts };
});
