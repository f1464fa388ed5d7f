import { unknown } from "../../kit/examples";
import type { ExampleResource, Examples } from "../../kit/examples";
import { sampleDeployment, sampleMetadata, sampleObject, sampleProvider } from "../../kit/sample-pods";

const configMap = (metadata: unknown): ExampleResource => ({ type: "kubernetes:core/v1:ConfigMap", name: "web", props: { metadata } });
const nodePool: ExampleResource = { type: "kubernetes:karpenter.sh/v1:NodePool", name: "spot", props: { metadata: { name: "spot" } } };

export const examples: Examples = {
  passing: [
    { title: "a namespace by name", resource: sampleDeployment() },
    { title: "the namespace of the provider", resource: { ...configMap({}), provider: { ...sampleProvider, props: { namespace: "swarm" } } } },
    { title: "a kind that is in no namespace", resource: { type: "kubernetes:core/v1:Namespace", name: "swarm", props: { metadata: { name: "swarm" } } } },
    { title: "a cluster role", resource: { type: "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", name: "r", props: {} } },
    { title: "a custom kind that the configuration names", config: { clusterScoped: ["karpenter.sh/NodePool"] }, resource: nodePool },
    { title: "a component that makes objects", resource: { type: "kubernetes:yaml/v2:ConfigFile", name: "crds", props: { file: "crds.yaml" } } },
    { title: "a resource of another kind", resource: { type: "aws:s3/bucketV2:BucketV2", name: "b", props: {} } },
  ],
  failing: [
    { title: "the default namespace", resource: configMap(sampleMetadata("web", { namespace: "default" })), message: /^metadata\.namespace is 'default': .*name the namespace/ },
    { title: "no namespace", resource: configMap({ name: "web" }), message: /^metadata\.namespace is missing/ },
    { title: "no metadata", resource: configMap(undefined), message: /is missing/ },
    { title: "an empty name", resource: configMap({ namespace: "" }), message: /is missing/ },
    { title: "the provider's namespace is the default one", resource: { ...configMap({}), provider: { ...sampleProvider, props: { namespace: "default" } } }, message: /is 'default'/ },
    { title: "a custom kind", resource: nodePool, message: /is missing/ },
    { title: "a custom kind named like one that is in no namespace", resource: { ...nodePool, type: "kubernetes:mesh.example/v1:Node" }, message: /is missing/ },
    { title: "a patch", resource: sampleObject("core/v1:ConfigMapPatch", "web", { metadata: { name: "web" } }), message: /is missing/ },
    {
      title: "an item of a list",
      resource: { type: "kubernetes:core/v1:ConfigMapList", name: "all", props: { items: [{ metadata: { namespace: "swarm" } }, { metadata: {} }] } },
      message: /^items\[1\]\.metadata\.namespace/,
    },
  ],
  unknown: [
    { title: "an unknown namespace", resource: configMap({ namespace: unknown }), message: [], notJudged: /metadata\.namespace can't be known/ },
  ],
};
