import { unknown } from "../../kit/examples";
import type { ExampleResource, Examples } from "../../kit/examples";
import { sampleApplied, sampleDeployment, sampleMetadata, sampleObject, sampleSelector, sampleTemplate } from "../../kit/sample-pods";
import { sampleAutoscaler, sampleBudget, sampleStack, sampleStatefulSet } from "../../kit/sample-stack";

const web = (replicas: unknown) => sampleDeployment({}, { replicas });
const away = (budget: ExampleResource): ExampleResource =>
  ({ ...budget, props: { ...budget.props, metadata: sampleMetadata(budget.name, { namespace: "other" }) } });

export const examples: Examples = {
  passing: [
    { title: "a whole stack", stack: sampleStack() },
    { title: "one may go", stack: [web(3), sampleBudget("web")] },
    { title: "two of three stay", stack: [web(3), sampleBudget("web", { minAvailable: 2 })] },
    { title: "a share, rounded up", stack: [web(3), sampleBudget("web", { maxUnavailable: "10%" })] },
    { title: "half of two stay", stack: [web(2), sampleBudget("web", { minAvailable: "50%" })] },
    { title: "the only pod may go", stack: [web(undefined), sampleBudget("web")] },
    { title: "the autoscaler's least is enough", stack: [web(undefined), sampleAutoscaler("web", { minReplicas: 3 }), sampleBudget("web", { minAvailable: 2 })] },
    {
      title: "KEDA's least is enough",
      stack: [
        web(undefined),
        sampleObject("keda.sh/v1alpha1:ScaledObject", "web", { spec: { scaleTargetRef: { name: "web" }, minReplicaCount: 2 } }),
        sampleBudget("web", { minAvailable: 1 }),
      ],
    },
    { title: "a selector by expression", stack: [web(3), sampleBudget("web", { selector: { matchExpressions: [{ key: "app.kubernetes.io/name", operator: "In", values: ["web"] }] }, maxUnavailable: 1 })] },
    { title: "a budget for all pods of the namespace", stack: [web(1), sampleStatefulSet(), sampleBudget("web", { selector: {}, minAvailable: 3 })] },
    {
      title: "what was declared counts, not what the server filled in",
      stack: [sampleApplied(web(1), { "f:selector": {}, "f:template": {} }), sampleAutoscaler("web", { minReplicas: 3 }), sampleBudget("web", { minAvailable: 2 })],
    },
    { title: "two budgets of the same name in two namespaces", stack: [web(3), sampleBudget("web"), { ...away(web(3)), name: "web2" }, { ...away(sampleBudget("web")), name: "web2" }] },
  ],
  failing: [
    {
      title: "all must stay",
      stack: [web(3), sampleBudget("web", { minAvailable: 3 })],
      message: /^PodDisruptionBudget 'web': spec\.minAvailable is '3', which allows no eviction of the 3 pod\(s\) of Deployment 'web': .*set maxUnavailable: 1\.$/,
    },
    { title: "none may go", stack: [web(3), sampleBudget("web", { maxUnavailable: 0 })], message: /spec\.maxUnavailable is '0'/ },
    { title: "no share may go", stack: [web(3), sampleBudget("web", { maxUnavailable: "0%" })], message: /'0%'/ },
    { title: "a share that rounds up to all", stack: [web(2), sampleBudget("web", { minAvailable: "60%" })], message: /'60%', which allows no eviction of the 2/ },
    { title: "the only pod must stay", stack: [web(undefined), sampleBudget("web", { minAvailable: 1 })], message: /the 1 pod/ },
    { title: "the autoscaler goes down to where all must stay", stack: [web(9), sampleAutoscaler("web", { minReplicas: 2 }), sampleBudget("web", { minAvailable: 2 })], message: /the 2 pod/ },
    { title: "an autoscaler that goes down to nothing", stack: [
      web(undefined),
      sampleObject("keda.sh/v1alpha1:ScaledObject", "web", { spec: { scaleTargetRef: { name: "web" } } }),
      sampleBudget("web", { minAvailable: 1 }),
    ], message: /the 1 pod/ },
    { title: "a budget that says nothing", stack: [web(3), sampleBudget("web", {})], message: /sets neither minAvailable nor maxUnavailable/ },
    { title: "a selector that picks nothing", stack: [web(3), sampleBudget("wbe")], message: /^PodDisruptionBudget 'wbe': spec\.selector is .*"wbe".*guards nothing/ },
    { title: "no selector", stack: [web(3), sampleBudget("web", { selector: undefined, maxUnavailable: 1 })], message: /spec\.selector is undefined/ },
    { title: "a budget in another namespace", stack: [web(3), away(sampleBudget("web"))], message: /guards nothing/ },
    {
      title: "two budgets for one pod",
      stack: [web(3), sampleBudget("web"), sampleBudget("web", { maxUnavailable: 1 }, "web-2")],
      message: /^the pods of Deployment 'web' have 2 budgets \('web', 'web-2'\): .*keep one/,
    },
    {
      title: "the pods of two workloads are counted together",
      stack: [web(1), sampleStatefulSet(), sampleBudget("all", { selector: {}, minAvailable: 4 })],
      message: /the 4 pod\(s\) of Deployment 'web', StatefulSet 'store'/,
    },
  ],
  unknown: [
    {
      title: "an unknown budget hides no other",
      stack: [web(3), sampleStatefulSet(), sampleBudget("store", { maxUnavailable: 0 }), sampleBudget("web", { maxUnavailable: unknown })],
      message: [/^PodDisruptionBudget 'store'/],
      notJudged: /web: .*spec\.maxUnavailable can't be known/,
    },
    {
      title: "unknown labels of pods",
      stack: [sampleDeployment({}, { selector: sampleSelector("web"), template: { ...sampleTemplate(), metadata: { labels: unknown } } }), sampleBudget("web", { minAvailable: 9 })],
      message: [],
      notJudged: /template\.metadata\.labels can't be known/,
    },
  ],
};
