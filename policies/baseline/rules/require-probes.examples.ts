import { unknown } from "../../kit/examples";
import type { ExampleResource, Examples } from "../../kit/examples";
import { sampleContainer, sampleDeployment, sampleObject, sampleTemplate } from "../../kit/sample-pods";

const bare = { livenessProbe: undefined, readinessProbe: undefined };

const withContainer = (changes: Record<string, unknown>, podChanges: Record<string, unknown> = {}) =>
  sampleDeployment({ containers: [sampleContainer(changes)], ...podChanges });

const podOf = (spec: Record<string, unknown>): ExampleResource =>
  sampleObject("core/v1:Pod", "one", { spec: { containers: [sampleContainer(bare)], ...spec } });

const patchOf = (changes: Record<string, unknown>): ExampleResource =>
  sampleObject("apps/v1:DeploymentPatch", "web", { spec: { template: { spec: { containers: [{ name: "app", ...changes }] } } } });

const slow = (delay: number) => ({ livenessProbe: { tcpSocket: { port: 1 }, initialDelaySeconds: delay } });

export const examples: Examples = {
  passing: [
    { title: "both probes", resource: sampleDeployment() },
    { title: "each kind of handler", resource: withContainer({ livenessProbe: { grpc: { port: 1 } }, readinessProbe: { exec: { command: ["true"] } } }) },
    { title: "a slow start with a startup probe", resource: withContainer({ ...slow(300), startupProbe: { tcpSocket: { port: 1 } } }) },
    { title: "the longest wait that is no slow start", resource: withContainer(slow(30)) },
    { title: "a wait that the configuration allows", config: { slowStartSeconds: 60 }, resource: withContainer(slow(60)) },
    { title: "an init container that ends", resource: sampleDeployment({ initContainers: [sampleContainer(bare)] }) },
    { title: "an ephemeral container", resource: sampleDeployment({ ephemeralContainers: [sampleContainer(bare)] }) },
    { title: "a job", resource: sampleObject("batch/v1:Job", "once", { spec: { template: sampleTemplate({ containers: [sampleContainer(bare)] }) } }) },
    {
      title: "a cron job",
      resource: sampleObject("batch/v1:CronJob", "nightly", {
        spec: { jobTemplate: { spec: { template: sampleTemplate({ containers: [sampleContainer(bare)] }) } } },
      }),
    },
    { title: "a pod that ends", resource: podOf({ restartPolicy: "Never" }) },
    { title: "a patch that leaves the probes alone", resource: patchOf({}) },
    { title: "a patch that changes a delay a little", resource: patchOf({ livenessProbe: { initialDelaySeconds: 5 } }) },
  ],
  failing: [
    {
      title: "no probes",
      resource: withContainer(bare),
      message: [
        /^spec\.template\.spec\.containers\[0\]\.livenessProbe \(container 'app'\) is missing: .*add one\.$/,
        /readinessProbe \(container 'app'\) is missing/,
      ],
    },
    { title: "no liveness probe", resource: withContainer({ livenessProbe: undefined }), message: /livenessProbe .*never restarted/ },
    { title: "no readiness probe", resource: withContainer({ readinessProbe: undefined }), message: /readinessProbe .*cannot answer/ },
    { title: "a probe that asks nothing", resource: withContainer({ readinessProbe: { periodSeconds: 5 } }), message: /readinessProbe .*asks nothing.*httpGet, tcpSocket, exec, grpc/ },
    { title: "a startup probe that asks nothing", resource: withContainer({ startupProbe: { periodSeconds: 5 } }), message: /startupProbe .*asks nothing/ },
    { title: "a slow start without startup probe", resource: withContainer(slow(31)), message: /initialDelaySeconds .*is 31: above 30 s.*startupProbe/ },
    { title: "a wait that the configuration calls slow", config: { slowStartSeconds: 5 }, resource: withContainer(slow(6)), message: /is 6: above 5 s/ },
    { title: "a patch that makes the start slow", resource: patchOf({ livenessProbe: { initialDelaySeconds: 60 } }), message: /is 60/ },
    {
      title: "an init container that runs on",
      resource: sampleDeployment({ initContainers: [sampleContainer({ ...bare, restartPolicy: "Always" })] }),
      message: [/initContainers\[0\]\.livenessProbe/, /initContainers\[0\]\.readinessProbe/],
    },
    { title: "a pod that runs on", resource: podOf({}), message: [/^spec\.containers\[0\]\.livenessProbe/, /readinessProbe/] },
    {
      title: "an item of a list",
      resource: sampleObject("apps/v1:DaemonSetList", "agents", {
        items: [{ spec: { template: sampleTemplate({ containers: [sampleContainer({ livenessProbe: undefined })] }) } }],
      }),
      message: /^items\[0\]\.spec\.template\.spec\.containers\[0\]\.livenessProbe/,
    },
  ],
  unknown: [
    {
      title: "an unknown liveness probe hides no missing readiness probe",
      resource: withContainer({ livenessProbe: unknown, readinessProbe: undefined }),
      message: [/readinessProbe/],
      notJudged: /containers\.0\.livenessProbe can't be known/,
    },
  ],
};
