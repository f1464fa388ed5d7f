import { unknown } from "../../kit/examples";
import type { ExampleResource, Examples } from "../../kit/examples";
import { sampleContainer, sampleDeployment, sampleLabels, sampleMetadata, sampleObject, sampleTemplate } from "../../kit/sample-pods";

const name = "app.kubernetes.io/name";
const without = (label: string): Record<string, unknown> => ({ ...sampleLabels("web"), [label]: undefined });

const service = (labels: unknown): ExampleResource => sampleObject("core/v1:Service", "web", { metadata: sampleMetadata("web", { labels }) });
const deployment = (labels: unknown, podLabels: unknown): ExampleResource => ({
  ...sampleDeployment(),
  props: { metadata: sampleMetadata("web", { labels }), spec: { template: { ...sampleTemplate(), metadata: { labels: podLabels } } } },
});

export const examples: Examples = {
  passing: [
    { title: "a workload and its pods with every label", resource: sampleDeployment() },
    { title: "another object needs no name", resource: service(without(name)) },
    { title: "a bare pod", resource: sampleObject("core/v1:Pod", "web", { spec: { containers: [sampleContainer()] } }) },
    { title: "labels that the configuration asks for", config: { others: ["team"] }, resource: service({ team: "swarm" }) },
    { title: "a patch", resource: sampleObject("apps/v1:DeploymentPatch", "web", { metadata: { name: "web" } }) },
    { title: "the definition of a custom kind", resource: { type: "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", name: "crd", props: {} } },
    { title: "a component", resource: { type: "kubernetes:yaml:ConfigFile", name: "crds", props: {} } },
  ],
  failing: [
    {
      title: "no labels at all",
      resource: service(undefined),
      message: [/^metadata\.labels\['app\.kubernetes\.io\/part-of'\] is missing: .*add the label/, /managed-by'\] is missing/],
    },
    { title: "a label without value", resource: service({ ...sampleLabels("web"), "app.kubernetes.io/part-of": "" }), message: /part-of'\] is empty/ },
    { title: "a workload without name", resource: deployment(without(name), sampleLabels("web")), message: /^metadata\.labels\['app\.kubernetes\.io\/name'\]/ },
    { title: "pods without name", resource: deployment(sampleLabels("web"), without(name)), message: /^spec\.template\.metadata\.labels\['app\.kubernetes\.io\/name'\]/ },
    { title: "pods without metadata", resource: deployment(sampleLabels("web"), undefined), message: [/name'\]/, /part-of'\]/, /managed-by'\]/] },
    { title: "a label of the configuration", config: { workloads: ["team"] }, resource: sampleDeployment(), message: [/^metadata\.labels\['team'\]/, /^spec\.template\.metadata\.labels\['team'\]/] },
    { title: "a bare pod is judged once", resource: sampleObject("core/v1:Pod", "web", { metadata: sampleMetadata("web", { labels: without(name) }), spec: {} }), message: /name'\]/ },
    { title: "a custom resource", resource: { type: "kubernetes:keda.sh/v1alpha1:ScaledObject", name: "web", props: {} }, message: [/part-of/, /managed-by/] },
    {
      title: "the pods of a CronJob",
      resource: sampleObject("batch/v1:CronJob", "nightly", { spec: { jobTemplate: { spec: { template: { metadata: { labels: without(name) }, spec: {} } } } } }),
      message: /^spec\.jobTemplate\.spec\.template\.metadata\.labels/,
    },
  ],
  unknown: [
    {
      title: "an unknown label hides no other",
      resource: service({ "app.kubernetes.io/part-of": unknown }),
      message: [/managed-by/],
      notJudged: /labels\.app\.kubernetes\.io\/part-of can't be known/,
    },
  ],
};
