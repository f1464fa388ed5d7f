import { unknown } from "../../kit/examples";
import type { ExampleProvider, ExampleResource, Examples } from "../../kit/examples";

const kubernetes = (name: string, props: Record<string, unknown> = {}): ExampleProvider =>
  ({ type: "pulumi:providers:kubernetes", name, props });

const configMap = (name: string, provider?: ExampleProvider): ExampleResource =>
  ({ type: "kubernetes:core/v1:ConfigMap", name, props: { data: {} }, provider });

const bucket = (provider: ExampleProvider): ExampleResource =>
  ({ type: "aws:s3/bucketV2:BucketV2", name: "artifacts", props: {}, provider });

const component: ExampleResource = { type: "agentic-flow:index:Region", name: "local", props: {} };

export const examples: Examples = {
  passing: [
    { title: "a provider with its kubeconfig", stack: [component, configMap("a", kubernetes("local", { kubeconfig: "apiVersion: v1" }))] },
    { title: "a provider that renders to a folder", stack: [configMap("a", kubernetes("plan", { renderYamlToDirectory: "out" }))] },
    { title: "a kubeconfig that only the update will know", stack: [configMap("a", kubernetes("eks", { kubeconfig: unknown }))] },
    { title: "regions and projects", stack: [bucket({ type: "pulumi:providers:aws", name: "us-east-1", props: { region: "us-east-1" } })] },
    { title: "a provider with no place to name", stack: [{ ...configMap("a"), provider: { type: "pulumi:providers:random", name: "random" } }] },
    {
      title: "the engine's own provider",
      stack: [{ type: "pulumi:pulumi:StackReference", name: "peer", props: {}, provider: { type: "pulumi:providers:pulumi", name: "default" } }],
    },
    { title: "components alone", stack: [component] },
  ],
  failing: [
    {
      title: "a default provider is reported once, with who uses it",
      stack: ["d", "b", "a", "c"].map((name) => configMap(name, kubernetes("default_4_25_0"))),
      message: /^4 resource\(s\) use the default provider 'pulumi:providers:kubernetes' \('a', 'b', 'c' and 1 more\): .*pass the provider/,
    },
    {
      title: "one resource among others",
      stack: [configMap("a", kubernetes("local", { kubeconfig: "apiVersion: v1" })), configMap("b", kubernetes("default"))],
      message: /^1 resource\(s\) .*\('b'\)/,
    },
    {
      title: "an explicit provider that follows the shell's kubeconfig",
      stack: [configMap("a", kubernetes("local", { context: "prod" }))],
      message: /^provider 'local' \(pulumi:providers:kubernetes\) sets none of kubeconfig, renderYamlToDirectory/,
    },
    { title: "an empty kubeconfig", stack: [configMap("a", kubernetes("local", { kubeconfig: "" }))], message: /sets none of kubeconfig/ },
    {
      title: "a cloud provider without region, and one without project",
      stack: [
        { type: "gcp:storage/bucket:Bucket", name: "b", props: {}, provider: { type: "pulumi:providers:gcp", name: "gcp" } },
        bucket({ type: "pulumi:providers:aws", name: "aws" }),
      ],
      message: [/'aws' \(pulumi:providers:aws\) sets none of region/, /'gcp' \(pulumi:providers:gcp\) sets none of project/],
    },
  ],
};
