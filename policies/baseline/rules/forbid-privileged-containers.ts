import type { ResourceValidationPolicy } from "@pulumi/policy";
import { judge } from "../../kit/judge";
import { configuredName, configuredNamePattern } from "../../kit/objects";
import { eachContainer, eachPod } from "../../kit/pod-templates";
import { ruleConfig } from "../../kit/rule-config";

// The one capability that the restricted profile lets a container add.
const harmlessCapability = "NET_BIND_SERVICE";
const everyCapability = "ALL";

/** A workload that somebody has looked at and let run as root; everything else stays forbidden to it. */
interface Allowance {
  readonly workload: string;
  readonly reason: string;
}

const config = ruleConfig<{ readonly rootAllowed: readonly Allowance[] }>("forbid-privileged-containers", {
  properties: {
    rootAllowed: {
      type: "array",
      default: [],
      description: "Which workloads may run as root, and why.",
      items: {
        type: "object",
        required: ["workload", "reason"],
        additionalProperties: false,
        properties: {
          workload: { type: "string", pattern: configuredNamePattern, description: "<namespace>/<name>" },
          reason: { type: "string", minLength: 10 },
        },
      },
    },
  },
});

export const policy: ResourceValidationPolicy = {
  name: "forbid-privileged-containers",
  displayName: "No container is privileged or root",
  description: "Every container, init and ephemeral ones too, runs unprivileged and without capabilities, as a user that is not root.",
  enforcementLevel: "mandatory",
  severity: "critical",
  tags: ["kubernetes", "security"],
  framework: {
    name: "Kubernetes Pod Security Standards",
    version: "1.34",
    reference: "restricted",
    specification: "Privileged Containers, Capabilities, Privilege Escalation, Running as Non-root",
  },
  configSchema: config.schema,
  remediationSteps:
    "Build the image for a numeric user other than 0. Set runAsNonRoot: true on the pod, and on each container " +
    "allowPrivilegeEscalation: false and capabilities.drop: ['ALL']; remove privileged: true and runAsUser: 0.",
  url: "https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted",
  validateResource: (args, reportViolation) =>
    judge(reportViolation, (check) => {
      const { rootAllowed } = config.read(args);
      eachPod(args, check, (pod) => {
        // Asked only once something is wrong: an unknown name must not hide a container that is right.
        const mayBeRoot = (): boolean => rootAllowed.some(({ workload }) => workload === configuredName(pod.object));
        eachContainer(pod, check, ({ fields, at }) => {
          const path = (field: string): string => at(`securityContext.${field}`);
          // A patch leaves standing what it does not name.
          const needed = (value: unknown): boolean => !pod.partial || (value !== undefined && value !== null);

          check(() => fields.securityContext?.privileged === true
            ? `${path("privileged")} is true: that is root on the node; remove it.` : undefined);
          check(() => {
            const value = fields.securityContext?.allowPrivilegeEscalation;
            return value !== false && needed(value)
              ? `${path("allowPrivilegeEscalation")} is ${value ?? "missing"}: a process could gain more rights; set it to false.` : undefined;
          });
          check(() => {
            const value = fields.securityContext?.runAsNonRoot ?? pod.spec.securityContext?.runAsNonRoot;
            return value !== true && needed(value) && !mayBeRoot()
              ? `${path("runAsNonRoot")} is ${value ?? "missing"}: the image could run as root; set it to true here or on the pod.` : undefined;
          });
          check(() => {
            const user = fields.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser;
            return user === 0 && !mayBeRoot() ? `${path("runAsUser")} is 0: that is root; use another number.` : undefined;
          });
          check(() => {
            const dropped = fields.securityContext?.capabilities?.drop;
            return dropped?.includes(everyCapability) !== true && needed(dropped)
              ? `${path("capabilities.drop")} is ${dropped?.join(", ") ?? "missing"}: what an image adds by itself stays; set it to ['${everyCapability}'].` : undefined;
          });
          check(() => {
            const added = (fields.securityContext?.capabilities?.add ?? []).filter((name) => name !== harmlessCapability);
            return added.length > 0
              ? `${path("capabilities.add")} is ${added.join(", ")}: only ${harmlessCapability} may be added; remove the rest.` : undefined;
          });
        });
      });
    }),
};
