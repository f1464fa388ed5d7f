import { unknown } from "../../kit/examples";
import type { Examples } from "../../kit/examples";
import { sampleApplied, sampleDeployment, sampleMetadata, sampleObject } from "../../kit/sample-pods";
import { sampleAutoscaler, sampleStack, sampleStatefulSet } from "../../kit/sample-stack";

const fixed = sampleDeployment({}, { replicas: 3 });
const filledIn = sampleApplied(fixed, { "f:selector": {}, "f:template": {} });

export const examples: Examples = {
  passing: [
    { title: "a whole stack", stack: sampleStack() },
    { title: "no replicas under an autoscaler", stack: [sampleDeployment(), sampleAutoscaler("web")] },
    { title: "replicas that the server filled in", stack: [filledIn, sampleAutoscaler("web")] },
    { title: "replicas without autoscaler", stack: [fixed] },
    { title: "another's autoscaler", stack: [fixed, sampleAutoscaler("api")] },
    { title: "an autoscaler of the same name and another kind", stack: [sampleStatefulSet(), sampleAutoscaler("store")] },
    {
      title: "an autoscaler in another namespace",
      stack: [fixed, { ...sampleAutoscaler("web"), props: { ...sampleAutoscaler("web").props, metadata: sampleMetadata("web", { namespace: "other" }) } }],
    },
  ],
  failing: [
    {
      title: "replicas under an autoscaler",
      stack: [fixed, sampleAutoscaler("web")],
      message: /^Deployment 'web': spec\.replicas is 3, and HorizontalPodAutoscaler 'web' sets it too: .*leave it out/,
    },
    {
      title: "replicas that the engine applied",
      stack: [sampleApplied(fixed, { "f:replicas": {}, "f:template": {} }), sampleAutoscaler("web")],
      message: /spec\.replicas is 3/,
    },
    { title: "no replicas at all, said so", stack: [sampleDeployment({}, { replicas: 0 }), sampleAutoscaler("web")], message: /spec\.replicas is 0/ },
    {
      title: "a StatefulSet under KEDA",
      stack: [sampleStatefulSet(), sampleObject("keda.sh/v1alpha1:ScaledObject", "store", { spec: { scaleTargetRef: { kind: "StatefulSet", name: "store" } } })],
      message: /^StatefulSet 'store': spec\.replicas is 3, and ScaledObject 'store'/,
    },
  ],
  unknown: [
    {
      title: "an unknown target hides no other",
      stack: [fixed, sampleAutoscaler("web"), sampleAutoscaler("x", { scaleTargetRef: { kind: "Deployment", name: unknown } }, "x")],
      message: [/'web' sets it too/],
      notJudged: /scaleTargetRef\.name can't be known/,
    },
    { title: "unknown replicas", stack: [sampleDeployment({}, { replicas: unknown }), sampleAutoscaler("web")], message: [], notJudged: /spec\.replicas can't be known/ },
  ],
};
