/** One rule of a Prometheus rule file, as Prometheus reads it. */
export type Rule = RecordingRule | AlertRule;

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  /** How long the condition has to hold. */
  readonly for: string;
  readonly labels: { readonly severity: Severity; readonly job?: string; readonly slo?: string; readonly window?: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

/** `page`: somebody has to act now. `ticket`: somebody has to act within days. */
export type Severity = "page" | "ticket";

export interface RuleGroup {
  readonly name: string;
  readonly interval: string;
  readonly rules: readonly Rule[];
}

/** A whole rule file. */
export interface RuleFile {
  readonly groups: readonly RuleGroup[];
}

/** Seconds between two evaluations. Counts derived from recorded rates depend on it. */
export const EVALUATION_SECONDS = 30;

/** Where every alert is explained; below it, one heading per alert. */
export const RUNBOOK = "docs/runbooks/alerts.md";

/** The heading of one alert, as renderers of Markdown make anchors of headings. */
export function runbookOf(alert: string): string {
  return `${RUNBOOK}#${alert.toLowerCase()}`;
}

/** A matcher of the series of these workloads. */
export function jobs(services: readonly { readonly name: string }[]): string {
  return `job=~"${services.map((service) => service.name).join("|")}"`;
}
