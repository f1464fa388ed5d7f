import { unknown } from "../../kit/examples";
import type { Examples } from "../../kit/examples";
import { sampleDeployment, sampleLabels, sampleMetadata, sampleObject, sampleTemplate } from "../../kit/sample-pods";
import { usesApiKey } from "./forbid-unused-token";

const account = (fields: Record<string, unknown>) => sampleObject("core/v1:ServiceAccount", "web", fields);

const withTemplate = (token: unknown, metadata: Record<string, unknown>) =>
  sampleDeployment({}, { template: { ...sampleTemplate({ automountServiceAccountToken: token }), metadata } });

const annotated = (reason: string) => ({ labels: sampleLabels("web"), annotations: { [usesApiKey]: reason } });

export const examples: Examples = {
  passing: [
    { title: "a pod without token", resource: sampleDeployment() },
    { title: "an account without token", resource: account({ automountServiceAccountToken: false }) },
    { title: "a pod that says what it calls the API for", resource: withTemplate(true, annotated("watches pods")) },
    { title: "a pod that says so in a label", resource: withTemplate(undefined, { labels: { [usesApiKey]: "watches-pods" } }) },
    { title: "an account that says so", resource: account({ metadata: sampleMetadata("web", annotated("watches pods")) }) },
    { title: "a patch that leaves the token alone", resource: sampleObject("core/v1:ServiceAccountPatch", "web") },
    { title: "a resource that has no token", resource: sampleObject("core/v1:Service", "web") },
  ],
  failing: [
    {
      title: "a pod that does not say",
      resource: withTemplate(undefined, {}),
      message: /^spec\.template\.spec\.automountServiceAccountToken is missing: .*set it to false, or say in the annotation 'agentic-flow\.io\/uses-kubernetes-api'/,
    },
    { title: "a pod that mounts it", resource: withTemplate(true, {}), message: /is true/ },
    { title: "a reason that is empty", resource: withTemplate(true, annotated(" ")), message: /is true/ },
    { title: "a reason on the Deployment only", resource: {
      ...sampleDeployment(),
      props: { metadata: sampleMetadata("web", annotated("watches pods")), spec: { template: sampleTemplate({ automountServiceAccountToken: true }) } },
    }, message: /is true/ },
    { title: "an account that does not say", resource: account({}), message: /^automountServiceAccountToken is missing/ },
    { title: "an account that mounts it", resource: account({ automountServiceAccountToken: true }), message: /is true/ },
    { title: "a patch that mounts it", resource: sampleObject("core/v1:ServiceAccountPatch", "web", { automountServiceAccountToken: true }), message: /is true/ },
    {
      title: "each account of a list",
      resource: sampleObject("core/v1:ServiceAccountList", "all", { items: [{}, { automountServiceAccountToken: false }, {}] }),
      message: [/^items\[0\]\./, /^items\[2\]\./],
    },
    {
      title: "the pod of a CronJob",
      resource: sampleObject("batch/v1:CronJob", "nightly", {
        spec: { jobTemplate: { spec: { template: sampleTemplate({ automountServiceAccountToken: undefined }) } } },
      }),
      message: /^spec\.jobTemplate\.spec\.template\.spec\.automountServiceAccountToken/,
    },
  ],
  unknown: [
    { title: "an unknown answer", resource: account({ automountServiceAccountToken: unknown }), message: [], notJudged: /automountServiceAccountToken can't be known/ },
    { title: "unknown annotations", resource: withTemplate(true, { annotations: unknown }), message: [], notJudged: /annotations can't be known/ },
  ],
};
