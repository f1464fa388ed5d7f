import * as proto from "@pulumi/pulumi/proto/analyzer_pb";
import type { ExampleResource } from "./examples";
import { analyzeResource, analyzeStack } from "./run-example";
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
 * @throws when a rule throws, with the rule's name.
 */
export async function runPack(policies: readonly Policy[], resources: readonly ExampleResource[]): Promise<PackVerdict> {
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
