import type { ResourceValidationPolicy } from "@pulumi/policy";
import { judge } from "../../kit/judge";
import type { Check } from "../../kit/judge";
import { configuredName, configuredNamePattern, eachObject, objectKind } from "../../kit/objects";
import type { KubernetesObject } from "../../kit/objects";
import { eachContainer, eachPod } from "../../kit/pod-templates";
import type { PodView } from "../../kit/pod-templates";
import { ruleConfig } from "../../kit/rule-config";

/** Access that somebody has looked at and let pass. */
interface Allowance {
  readonly workload: string;
  readonly access: readonly string[];
  readonly reason: string;
}

const hostFields = ["hostNetwork", "hostPID", "hostIPC"] as const;

const config = ruleConfig<{ readonly allowed: readonly Allowance[] }>("forbid-host-access", {
  properties: {
    allowed: {
      type: "array",
      default: [],
      description: "What may reach which part of its node, and why.",
      items: {
        type: "object",
        required: ["workload", "access", "reason"],
        additionalProperties: false,
        properties: {
          workload: { type: "string", pattern: configuredNamePattern, description: "<namespace>/<name>; <name> for a PersistentVolume" },
          access: {
            type: "array",
            minItems: 1,
            items: { type: "string", pattern: "^(?:hostNetwork|hostPID|hostIPC|hostPort:[0-9]+|hostPath:/.*)$" },
          },
          reason: { type: "string", minLength: 10 },
        },
      },
    },
  },
});

export const policy: ResourceValidationPolicy = {
  name: "forbid-host-access",
  displayName: "Pods stay off their nodes",
  description: "No pod uses its node's files, network, processes or ports, but for what the pack's configuration allows by name.",
  enforcementLevel: "mandatory",
  severity: "critical",
  tags: ["kubernetes", "security"],
  framework: {
    name: "Kubernetes Pod Security Standards",
    version: "1.34",
    reference: "baseline",
    specification: "Host Namespaces, HostPath Volumes, Host Ports",
  },
  configSchema: config.schema,
  remediationSteps:
    "Use a volume claim, an emptyDir or a projected volume instead of hostPath, and a Service instead of host ports and the host's network. " +
    "An agent that must see its node is listed in the pack's config.json under forbid-host-access.allowed, with the reason.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline",
  validateResource: (args, reportViolation) =>
    judge(reportViolation, (check) => {
      const { allowed } = config.read(args);
      const kind = objectKind(args.type);
      if (kind?.group === "core" && kind.kind === "PersistentVolume") {
        return eachObject(args, check, (volume) => check(() => volumeVerdict(volume, allowed)));
      }
      return eachPod(args, check, (pod) => judgePod(pod, check, allowed));
    }),
};

function judgePod(pod: PodView, check: Check, allowed: readonly Allowance[]): void {
  const { object, spec, path } = pod;
  for (const field of hostFields) {
    check(() => spec[field] === true && !isAllowed(object, field, allowed)
      ? `${path}.${field} is true: the pod shares it with its node and every pod there; remove it.` : undefined);
  }
  check(() => {
    const volumes = spec.volumes ?? [];
    volumes.forEach((_, index) =>
      check(() => {
        const hostPath = volumes[index]?.hostPath;
        return hostPath && pathVerdict(object, `${path}.volumes[${index}].hostPath.path`, hostPath.path, allowed);
      }));
    return undefined;
  });
  eachContainer(pod, check, ({ fields, at }) =>
    check(() => {
      const ports = fields.ports ?? [];
      ports.forEach((_, index) =>
        check(() => {
          const port = ports[index]?.hostPort ?? 0;
          return port !== 0 && !isAllowed(object, `hostPort:${port}`, allowed)
            ? `${at(`ports[${index}].hostPort`)} is ${port}: it opens a port of the node past every network policy; use a Service.` : undefined;
        }));
      return undefined;
    }));
}

function volumeVerdict(volume: KubernetesObject, allowed: readonly Allowance[]): string | undefined {
  const { hostPath } = (volume.props["spec"] ?? {}) as { hostPath?: { path?: string } };
  return hostPath && pathVerdict(volume, `${volume.prefix}spec.hostPath.path`, hostPath.path, allowed);
}

function pathVerdict(object: KubernetesObject, at: string, path: string | undefined, allowed: readonly Allowance[]): string | undefined {
  if (isAllowed(object, `hostPath:${path ?? ""}`, allowed)) return undefined;
  return `${at} is '${path ?? ""}': files of the node are not the pod's; use a volume claim or an emptyDir.`;
}

function isAllowed(object: KubernetesObject, access: string, allowed: readonly Allowance[]): boolean {
  return allowed.some((allowance) => allowance.access.includes(access) && allowance.workload === configuredName(object));
}
