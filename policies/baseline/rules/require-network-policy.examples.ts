import { unknown } from "../../kit/examples";
import type { ExampleResource, Examples } from "../../kit/examples";
import { sampleDeployment, sampleMetadata, sampleObject, sampleTemplate } from "../../kit/sample-pods";
import { sampleNetworkPolicy, sampleStack } from "../../kit/sample-stack";

const web = sampleDeployment();
const own = sampleNetworkPolicy("web");
const denyAll = sampleNetworkPolicy("", { podSelector: {} }, "default-deny");
const job = sampleObject("batch/v1:Job", "once", { spec: { template: sampleTemplate({}, "once") } });

const elsewhere = (resource: ExampleResource): ExampleResource =>
  ({ ...resource, props: { ...resource.props, metadata: sampleMetadata(resource.name, { namespace: "other" }) } });
const otherCluster = (resource: ExampleResource): ExampleResource =>
  ({ ...resource, provider: { type: "pulumi:providers:kubernetes", name: "peer", props: {} } });

export const examples: Examples = {
  passing: [
    { title: "a whole stack", stack: sampleStack() },
    { title: "a policy of its own", stack: [web, own] },
    { title: "its own for one direction, the default deny for the other", stack: [web, sampleNetworkPolicy("web", { policyTypes: ["Ingress"] }), denyAll] },
    { title: "egress by its rules", stack: [web, sampleNetworkPolicy("web", { policyTypes: undefined, egress: [{}] })] },
    { title: "a pod on the host's network", stack: [sampleDeployment({ hostNetwork: true })] },
    { title: "a patch", stack: [{ ...web, type: "kubernetes:apps/v1:DeploymentPatch" }] },
    { title: "nothing that starts pods", stack: [denyAll] },
    { title: "one certain policy beside one with unknown selector", stack: [web, sampleNetworkPolicy("a", { podSelector: unknown }), own] },
  ],
  failing: [
    {
      title: "no policy",
      stack: [web],
      message: [
        /^the pods of Deployment 'web', with labels \{.*"web".*are picked by no NetworkPolicy of their own: .*add one/,
        /^no NetworkPolicy limits the Ingress of Deployment 'web'/,
        /the Egress of Deployment 'web'/,
      ],
    },
    { title: "the default deny alone", stack: [web, denyAll], message: /no NetworkPolicy of their own/ },
    { title: "the policy of another", stack: [web, denyAll, sampleNetworkPolicy("wbe")], message: /no NetworkPolicy of their own/ },
    { title: "egress left open", stack: [web, sampleNetworkPolicy("web", { policyTypes: ["Ingress"] })], message: /limits the Egress/ },
    { title: "egress left open by saying nothing", stack: [web, sampleNetworkPolicy("web", { policyTypes: undefined })], message: /limits the Egress/ },
    { title: "ingress left open", stack: [web, sampleNetworkPolicy("web", { policyTypes: ["Egress"] })], message: /limits the Ingress/ },
    { title: "a policy in another namespace", stack: [web, denyAll, elsewhere(own)], message: /no NetworkPolicy of their own/ },
    { title: "a policy in another cluster", stack: [web, denyAll, otherCluster(own)], message: /no NetworkPolicy of their own/ },
    { title: "a job is a workload", stack: [job, denyAll], message: /Job 'once'/ },
    {
      title: "a list of pods",
      stack: [denyAll, sampleObject("core/v1:PodList", "all", { items: [{ metadata: sampleMetadata("one"), spec: { containers: [] } }] })],
      message: /Pod 'one'/,
    },
  ],
  unknown: [
    {
      title: "the answer hangs on an unknown selector",
      stack: [web, denyAll, sampleNetworkPolicy("web", { podSelector: unknown })],
      message: [],
      notJudged: /web: .*podSelector can't be known/,
    },
    {
      title: "an unknown namespace hides no other workload",
      stack: [{ ...web, props: { ...web.props, metadata: { name: "web", namespace: unknown } } }, job, denyAll],
      message: [/Job 'once'/],
      notJudged: /web: .*metadata\.namespace can't be known/,
    },
  ],
};
