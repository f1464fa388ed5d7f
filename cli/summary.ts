import { formatDuration } from "./steps";

/** One deployed workload, as the API server sees it. */
export interface WorkloadStatus {
  readonly name: string;
  readonly kind: string;
  readonly namespace: string;
  readonly ready: number;
  readonly desired: number;
}

interface WorkloadObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec?: { readonly replicas?: number; readonly minReplicas?: number; readonly scaleTargetRef?: { readonly name: string } };
  readonly status?: { readonly readyReplicas?: number };
}

/** What {@link parseWorkloads} reads: the workloads, and the autoscalers that own some of their counts. */
export const workloadKinds = "deployments,statefulsets,horizontalpodautoscalers";

/** Reads `kubectl get -o json` of {@link workloadKinds}. An autoscaler that has not acted yet still wants its minimum. */
export function parseWorkloads(json: string): WorkloadStatus[] {
  const { items } = JSON.parse(json) as { items: readonly WorkloadObject[] };
  const minimum = new Map(
    items
      .filter((item) => item.kind === "HorizontalPodAutoscaler")
      .map((item) => [`${item.metadata.namespace}/${item.spec?.scaleTargetRef?.name ?? ""}`, item.spec?.minReplicas ?? 1]),
  );
  return items
    .filter((item) => item.kind !== "HorizontalPodAutoscaler")
    .map((item) => ({
      name: item.metadata.name,
      kind: item.kind,
      namespace: item.metadata.namespace,
      ready: item.status?.readyReplicas ?? 0,
      desired: Math.max(item.spec?.replicas ?? 1, minimum.get(`${item.metadata.namespace}/${item.metadata.name}`) ?? 0),
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Columns of equal width, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}

/** What the end of `up`, and `status`, show. */
export interface Summary {
  readonly region: string;
  readonly kind: string;
  readonly headline: string;
  readonly workloads: readonly WorkloadStatus[];
  readonly entryUrl: string | undefined;
  readonly notes: readonly string[];
  /** Working set of the whole region; undefined where it is not ours to measure. */
  readonly memoryBytes: number | undefined;
  readonly elapsedMs: number | undefined;
}

/** Renders a summary as lines. */
export function renderSummary(summary: Summary): string[] {
  const rows = [
    ["SERVICE", "KIND", "READY", "NAMESPACE"],
    ...summary.workloads.map(({ name, kind, ready, desired, namespace }) => [name, kind, `${ready}/${desired}`, namespace]),
  ];
  return [
    "",
    `Region ${summary.region} (${summary.kind}): ${summary.headline}`,
    ...table(rows),
    ...(summary.entryUrl === undefined ? [] : [`  entry  ${summary.entryUrl}`, `  try    ${createAgentLine(summary.entryUrl)}`]),
    ...summary.notes.map((note) => `  note   ${note}`),
    ...(summary.memoryBytes === undefined ? [] : [`  memory ${formatGibibytes(summary.memoryBytes)}`]),
    ...(summary.elapsedMs === undefined ? [] : [`  took   ${formatDuration(summary.elapsedMs)}`]),
  ];
}

function formatGibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB (control plane, node and all containers)`;
}

/** A line that works when pasted: it creates an agent. */
export function createAgentLine(entryUrl: string): string {
  return `curl -sS ${entryUrl}/api/v1/agents -H 'content-type: application/json' -d '{"type":"researcher","capabilities":["search"],"metadata":{}}'`;
}
