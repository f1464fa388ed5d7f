import type { AlertRule, RuleFile } from "../../../components/observability/rules";
import { EVALUATION_SECONDS } from "../../../components/observability/rules";

/** A test file of `promtool test rules`. */
export interface RuleTests {
  readonly rule_files: readonly string[];
  readonly evaluation_interval: string;
  readonly tests: readonly RuleTest[];
}

export interface RuleTest {
  readonly name: string;
  readonly interval: string;
  readonly input_series: readonly Series[];
  readonly alert_rule_test: readonly ExpectedAlerts[];
}

/** One series in promtool's notation: `0+5x10` is eleven samples that rise by five. */
export interface Series {
  readonly series: string;
  readonly values: string;
}

export interface ExpectedAlerts {
  readonly eval_time: string;
  readonly alertname: string;
  readonly exp_alerts: readonly { readonly exp_labels: object; readonly exp_annotations: object }[];
}

/** Samples are a minute apart. */
export const SAMPLE_INTERVAL = "1m";

export function testFile(rules: string, tests: readonly RuleTest[]): RuleTests {
  return { rule_files: [rules], evaluation_interval: `${EVALUATION_SECONDS}s`, tests };
}

export function alertsOf(rules: RuleFile): AlertRule[] {
  return rules.groups.flatMap((group) => group.rules.filter((rule): rule is AlertRule => "alert" in rule));
}

/** What promtool should find firing: an alert's own labels and those of its series, with its texts filled in. */
export function firing(alert: AlertRule, labels: Readonly<Record<string, string>> = {}): ExpectedAlerts["exp_alerts"][number] {
  const all: Record<string, string> = { ...labels, ...alert.labels };
  const fill = (text: string) => text.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => all[label] ?? "");
  return { exp_labels: all, exp_annotations: { summary: fill(alert.annotations.summary), runbook: alert.annotations.runbook } };
}
