import type { ResourceValidationPolicy } from "@pulumi/policy";
import { judge } from "../../kit/judge";
import { eachObject, objectKind } from "../../kit/objects";
import type { Metadata } from "../../kit/objects";
import { podOf, startsPods } from "../../kit/pod-templates";
import { ruleConfig } from "../../kit/rule-config";

const partOf = "app.kubernetes.io/part-of";
const managedBy = "app.kubernetes.io/managed-by";

const labelList = (description: string, labels: string[]) => ({
  type: "array" as const,
  default: labels,
  description,
  uniqueItems: true,
  items: { type: "string" as const, minLength: 1 },
});

const config = ruleConfig<{ readonly workloads: readonly string[]; readonly others: readonly string[] }>("require-labels", {
  properties: {
    workloads: labelList("Labels of what starts pods, and of those pods.", ["app.kubernetes.io/name", partOf, managedBy]),
    others: labelList("Labels of every other object.", [partOf, managedBy]),
  },
});

export const policy: ResourceValidationPolicy = {
  name: "require-labels",
  displayName: "Objects say whose they are",
  description: "Every object carries the labels by which it is found, counted and cleaned up; workloads and their pods also carry their name.",
  enforcementLevel: "mandatory",
  severity: "low",
  tags: ["kubernetes", "operations"],
  configSchema: config.schema,
  remediationSteps:
    "Spread 'platformLabels' of components/labels.ts into metadata.labels, and 'workloadLabels' for a workload and its pod template. " +
    "For a chart set its common labels.",
  url: "https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/",
  validateResource: (args, reportViolation) =>
    judge(reportViolation, (check) => {
      const { workloads, others } = config.read(args);
      const kind = objectKind(args.type);
      // Definitions of custom kinds come as their makers wrote them, and are nobody's workload.
      if (kind === undefined || kind.kind === "CustomResourceDefinition") return args.notApplicable("the resource is no object of ours");
      return eachObject(args, check, (object) => {
        // A patch labels another owner's object only if it wants to.
        if (object.partial) return;
        for (const label of startsPods(kind) ? workloads : others) {
          check(() => verdict(`${object.prefix}metadata`, object.props.metadata, label));
        }
        podOf(object, check, ({ path, metadata }) => {
          // A bare pod's metadata is its object's, and has been judged.
          if (object.kind === "Pod") return;
          for (const label of workloads) check(() => verdict(path.replace(/spec$/, "metadata"), metadata(), label));
        });
      });
    }),
};

function verdict(path: string, metadata: Metadata | undefined, label: string): string | undefined {
  const value = metadata?.labels?.[label];
  if (value !== undefined && value !== null && value !== "") return undefined;
  return `${path}.labels['${label}'] is ${value === "" ? "empty" : "missing"}: the object cannot be found by it; add the label.`;
}
