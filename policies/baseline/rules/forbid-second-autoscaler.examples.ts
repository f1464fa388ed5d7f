import { unknown } from "../../kit/examples";
import type { ExampleResource, Examples } from "../../kit/examples";
import { sampleMetadata, sampleObject } from "../../kit/sample-pods";
import { sampleAutoscaler, sampleStack } from "../../kit/sample-stack";

const keda = (name: string, target: Record<string, unknown>): ExampleResource =>
  sampleObject("keda.sh/v1alpha1:ScaledObject", name, { spec: { scaleTargetRef: target } });

const older = (resource: ExampleResource): ExampleResource => ({ ...resource, type: "kubernetes:autoscaling/v1:HorizontalPodAutoscaler" });
const elsewhere = (resource: ExampleResource): ExampleResource =>
  ({ ...resource, props: { ...resource.props, metadata: sampleMetadata(resource.name, { namespace: "other" }) } });

export const examples: Examples = {
  passing: [
    { title: "a whole stack", stack: sampleStack() },
    { title: "one each", stack: [sampleAutoscaler("web"), sampleAutoscaler("api"), keda("bus", { name: "bus" })] },
    { title: "the same name in another namespace", stack: [sampleAutoscaler("web"), { ...elsewhere(sampleAutoscaler("web")), name: "other" }] },
    { title: "the same name of another kind", stack: [sampleAutoscaler("web"), keda("web", { kind: "StatefulSet", name: "web" })] },
  ],
  failing: [
    {
      title: "two of a kind",
      stack: [sampleAutoscaler("web", {}, "b"), sampleAutoscaler("web", {}, "a")],
      message: /^HorizontalPodAutoscaler 'b': spec\.scaleTargetRef is Deployment 'web', which HorizontalPodAutoscaler 'a' scales already: .*move the signals/,
    },
    { title: "one of KEDA's beside a plain one", stack: [sampleAutoscaler("web"), keda("web", { name: "web" })], message: /^ScaledObject 'web': .*HorizontalPodAutoscaler 'web'/ },
    { title: "two versions of the API", stack: [sampleAutoscaler("web", {}, "a"), older(sampleAutoscaler("web", {}, "b"))], message: /scales already/ },
    { title: "three", stack: ["a", "b", "c"].map((name) => keda(name, { name: "web" })), message: [/'b'/, /'c'/] },
    { title: "a target without name", stack: [keda("web", {})], message: /names no name: it scales nothing/ },
    { title: "a target without kind", stack: [sampleAutoscaler("web", { scaleTargetRef: { name: "web" } })], message: /names no kind/ },
  ],
  unknown: [
    {
      title: "an unknown target hides no other",
      stack: [sampleAutoscaler("web", {}, "a"), sampleAutoscaler("web", {}, "b"), keda("c", { name: unknown })],
      message: [/'b'/],
      notJudged: /c: .*scaleTargetRef\.name can't be known/,
    },
  ],
};
