import { unknown } from "../../kit/examples";
import type { ExampleResource, Examples } from "../../kit/examples";
import { sampleDeployment, sampleMetadata, sampleObject } from "../../kit/sample-pods";
import { sampleAutoscaler, sampleStack, sampleStatefulSet } from "../../kit/sample-stack";

const keda = (name: string, target: Record<string, unknown>): ExampleResource =>
  sampleObject("keda.sh/v1alpha1:ScaledObject", name, { spec: { scaleTargetRef: target } });

const older = (resource: ExampleResource): ExampleResource => ({ ...resource, type: "kubernetes:autoscaling/v1:HorizontalPodAutoscaler" });
const elsewhere = (resource: ExampleResource): ExampleResource =>
  ({ ...resource, props: { ...resource.props, metadata: sampleMetadata(resource.name, { namespace: "other" }) } });

const web = sampleDeployment();
const named = (name: string): ExampleResource => ({ ...web, name, props: { ...web.props, metadata: sampleMetadata(name) } });

export const examples: Examples = {
  passing: [
    { title: "a whole stack", stack: sampleStack() },
    { title: "one each", stack: [web, named("api"), named("bus"), sampleAutoscaler("web"), sampleAutoscaler("api"), keda("bus", { name: "bus" })] },
    { title: "the same name in another namespace", stack: [web, { ...elsewhere(web), name: "other" }, sampleAutoscaler("web"), { ...elsewhere(sampleAutoscaler("web")), name: "other" }] },
    {
      title: "the same name of another kind",
      stack: [named("store"), sampleStatefulSet(), sampleAutoscaler("store"), keda("store", { kind: "StatefulSet", name: "store" })],
    },
    { title: "a custom kind that is another's", stack: [keda("swarm", { kind: "AgentSwarm", name: "swarm" })] },
  ],
  failing: [
    {
      title: "two of a kind",
      stack: [web, sampleAutoscaler("web", {}, "b"), sampleAutoscaler("web", {}, "a")],
      message: /^HorizontalPodAutoscaler 'b': spec\.scaleTargetRef is Deployment 'web', which HorizontalPodAutoscaler 'a' scales already: .*move the signals/,
    },
    { title: "one of KEDA's beside a plain one", stack: [web, sampleAutoscaler("web"), keda("web", { name: "web" })], message: /^ScaledObject 'web': .*HorizontalPodAutoscaler 'web'/ },
    { title: "two versions of the API", stack: [web, sampleAutoscaler("web", {}, "a"), older(sampleAutoscaler("web", {}, "b"))], message: /scales already/ },
    { title: "three", stack: [web, ...["a", "b", "c"].map((name) => keda(name, { name: "web" }))], message: [/'b'/, /'c'/] },
    {
      title: "a target that is not there",
      stack: [web, sampleAutoscaler("wbe")],
      message: /^HorizontalPodAutoscaler 'wbe': spec\.scaleTargetRef is Deployment 'wbe', which this stack does not have there: .*name and namespace/,
    },
    { title: "a target in another namespace", stack: [elsewhere(web), sampleAutoscaler("web")], message: /does not have there/ },
    { title: "a target of another kind", stack: [web, keda("web", { kind: "StatefulSet", name: "web" })], message: /StatefulSet 'web', which this stack does not have/ },
    { title: "a target without name", stack: [keda("web", {})], message: /names no name: it scales nothing/ },
    { title: "a target without kind", stack: [sampleAutoscaler("web", { scaleTargetRef: { name: "web" } })], message: /names no kind/ },
  ],
  unknown: [
    {
      title: "an unknown target hides no other",
      stack: [web, sampleAutoscaler("web", {}, "a"), sampleAutoscaler("web", {}, "b"), keda("c", { name: unknown })],
      message: [/'b'/],
      notJudged: /c: .*scaleTargetRef\.name can't be known/,
    },
  ],
};
