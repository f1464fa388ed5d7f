import type { ResourceValidationPolicy } from "@pulumi/policy";
import { isClusterScoped } from "../../kit/cluster-scoped";
import { judge } from "../../kit/judge";
import { eachObject, objectKind } from "../../kit/objects";
import { ruleConfig } from "../../kit/rule-config";

const config = ruleConfig<{ readonly clusterScoped: readonly string[] }>("forbid-default-namespace", {
  properties: {
    clusterScoped: {
      type: "array",
      default: [],
      items: { type: "string", pattern: "^[a-z0-9.-]+/[A-Za-z0-9]+$" },
      description: "Custom kinds that are in no namespace, as <group>/<Kind>.",
    },
  },
});

export const policy: ResourceValidationPolicy = {
  name: "forbid-default-namespace",
  displayName: "Nothing lives in the default namespace",
  description: "Every object that can be in a namespace names one, and it is not 'default'.",
  enforcementLevel: "mandatory",
  severity: "medium",
  tags: ["kubernetes", "safety"],
  framework: {
    name: "CIS Kubernetes Benchmark",
    version: "1.8",
    reference: "5.7.4",
    specification: "The default namespace should not be used",
  },
  configSchema: config.schema,
  remediationSteps:
    "Set metadata.namespace to the namespace that the program creates: it has the quota, the pod security and the network policies " +
    "that 'default' lacks. A custom kind that is in no namespace is listed in the pack's config.json under forbid-default-namespace.clusterScoped.",
  url: "https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/",
  validateResource: (args, reportViolation) =>
    judge(reportViolation, (check) => {
      const { clusterScoped } = config.read(args);
      const kind = objectKind(args.type);
      if (kind === undefined) return args.notApplicable("the resource is no Kubernetes object");
      if (isClusterScoped(kind) || clusterScoped.includes(`${kind.group}/${kind.kind}`)) {
        return args.notApplicable("the kind is in no namespace");
      }
      return eachObject(args, check, ({ props, prefix }) =>
        check(() => {
          const namespace = props.metadata?.namespace ?? (args.provider?.props["namespace"] as string | undefined);
          if (namespace !== undefined && namespace !== "" && namespace !== "default") return undefined;
          return `${prefix}metadata.namespace is ${namespace ? `'${namespace}'` : "missing"}: 'default' has no quota, no pod security and no network policy; ` +
            "name the namespace that the program creates.";
        }));
    }),
};
