import type { ResourceValidationPolicy } from "@pulumi/policy";
import { judge } from "../../kit/judge";
import { eachContainer, eachPod } from "../../kit/pod-templates";
import type { ContainerView, PodView, Probe } from "../../kit/pod-templates";
import { ruleConfig } from "../../kit/rule-config";

const handlers = ["httpGet", "tcpSocket", "exec", "grpc"] as const;

// A job ends by itself, and its failure is its exit code: there is nothing to probe.
const endingKinds: readonly string[] = ["Job", "CronJob"];

const config = ruleConfig<{ readonly slowStartSeconds: number }>("require-probes", {
  properties: {
    slowStartSeconds: {
      type: "integer",
      minimum: 1,
      default: 30,
      description: "A liveness probe that waits longer than this many seconds declares a slow start, and needs a startup probe.",
    },
  },
});

export const policy: ResourceValidationPolicy = {
  name: "require-probes",
  displayName: "Containers tell whether they live and serve",
  description: "Every container that runs on has a liveness and a readiness probe, and a startup probe when it starts slowly.",
  enforcementLevel: "mandatory",
  severity: "medium",
  tags: ["kubernetes", "reliability"],
  configSchema: config.schema,
  remediationSteps:
    "Give the container a livenessProbe that fails only when a restart helps, and a readinessProbe that fails while it cannot serve. " +
    "Replace a long initialDelaySeconds of the liveness probe by a startupProbe whose periodSeconds x failureThreshold covers the start.",
  url: "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
  validateResource: (args, reportViolation) =>
    judge(reportViolation, (check) => {
      const { slowStartSeconds } = config.read(args);
      eachPod(args, check, (pod) => {
        if (endingKinds.includes(pod.object.kind)) return args.notApplicable("its pods end by themselves");
        eachContainer(pod, check, (container) =>
          check(() => {
            if (!runsOn(container)) return undefined;
            check(() => probeVerdict(container, "livenessProbe", "a container that hangs is never restarted"));
            check(() => probeVerdict(container, "readinessProbe", "it is sent requests that it cannot answer"));
            check(() => startVerdict(container, slowStartSeconds));
            return undefined;
          }));
      });
    }),
};

/** Init containers end before the others start, unless they are restarted always; ephemeral ones can have no probes. */
function runsOn({ list, fields, pod }: ContainerView): boolean {
  if (list === "ephemeralContainers") return false;
  return list === "initContainers" ? fields.restartPolicy === "Always" : !endsByItself(pod);
}

function endsByItself({ object, spec }: PodView): boolean {
  return object.kind === "Pod" && (spec.restartPolicy ?? "Always") !== "Always";
}

function probeVerdict({ fields, pod, at }: ContainerView, name: "livenessProbe" | "readinessProbe", harm: string): string | undefined {
  const probe = fields[name];
  if (probe === undefined || probe === null) {
    return pod.partial ? undefined : `${at(name)} is missing: ${harm}; add one.`;
  }
  return pod.partial || asksSomething(probe) ? undefined : `${at(name)} asks nothing: ${harm}; set one of ${handlers.join(", ")}.`;
}

function asksSomething(probe: Probe): boolean {
  return handlers.some((handler) => probe[handler] !== undefined && probe[handler] !== null);
}

function startVerdict({ fields, pod, at }: ContainerView, slowStartSeconds: number): string | undefined {
  const startup = fields.startupProbe;
  if (startup !== undefined && startup !== null) {
    return pod.partial || asksSomething(startup) ? undefined : `${at("startupProbe")} asks nothing: set one of ${handlers.join(", ")}.`;
  }
  const delay = fields.livenessProbe?.initialDelaySeconds ?? 0;
  return delay > slowStartSeconds
    ? `${at("livenessProbe.initialDelaySeconds")} is ${delay}: above ${slowStartSeconds} s it also leaves a hanging container alone; move the wait into a startupProbe.`
    : undefined;
}
