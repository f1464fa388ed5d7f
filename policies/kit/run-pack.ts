import type { PolicyPackConfig } from "@pulumi/policy";
import * as proto from "@pulumi/pulumi/proto/analyzer_pb";
import type { ExampleResource } from "./examples";
import { analyzeResource, analyzeStack, configured } from "./run-example";
import type { Policy } from "./run-example";

/** One line that a rule reported. */
export interface Report {
  readonly rule: string;
  readonly message: string;
}

export interface PackVerdict {
  readonly violations: readonly Report[];
  readonly notJudged: readonly Report[];
  /** By name of a resource rule: the number of resources that it applied to. */
  readonly applied: ReadonlyMap<string, number>;
}

/**
 * Runs a whole pack on a whole stack in memory: each resource through the resource rules, then all through the stack rules.
 *
 * @param config The pack's configuration; of it only the settings count here, not the enforcement levels. @default none
 * @throws when a rule throws, with the rule's name.
 */
export async function runPack(
  rules: readonly Policy[],
  resources: readonly ExampleResource[],
  config: PolicyPackConfig = {},
): Promise<PackVerdict> {
  const policies = rules.map((rule) => withSettings(rule, config[rule.name]));
  const applied = new Map(policies.filter((policy) => "validateResource" in policy).map(({ name }) => [name, 0]));
  const reports: proto.AnalyzeDiagnostic[] = [];
  for (const resource of resources) {
    const response = await analyzeResource(policies, resource);
    reports.push(...response.getDiagnosticsList());
    const skipped = new Set(response.getNotApplicableList().map((entry) => entry.getPolicyName()));
    for (const [name, count] of applied) if (!skipped.has(name)) applied.set(name, count + 1);
  }
  reports.push(...(await analyzeStack(policies, resources)).getDiagnosticsList());

  const isAdvisory = (report: proto.AnalyzeDiagnostic): boolean => report.getEnforcementlevel() === proto.EnforcementLevel.ADVISORY;
  const plain = (report: proto.AnalyzeDiagnostic): Report => ({ rule: report.getPolicyname(), message: report.getMessage() });
  return {
    violations: reports.filter((report) => !isAdvisory(report)).map(plain),
    notJudged: reports.filter(isAdvisory).map(plain),
    applied,
  };
}

function withSettings(rule: Policy, entry: PolicyPackConfig[string] | undefined): Policy {
  if (entry === undefined || typeof entry === "string") return rule;
  return configured(rule, Object.fromEntries(Object.entries(entry).filter(([key]) => key !== "enforcementLevel")));
}
