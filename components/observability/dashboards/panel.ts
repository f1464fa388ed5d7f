/** One query of a panel. */
export interface Query {
  readonly expr: string;
  /** Name of its lines; `{{label}}` is replaced by the label's value. */
  readonly legend: string;
}

/** How values are shown, in Grafana's names of units. */
export type Unit = "reqps" | "percentunit" | "s" | "bytes" | "short" | "none";

/** What a panel says; where it goes is decided by the dashboard. */
export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly kind: "timeseries" | "stat" | "bargauge";
  readonly unit: Unit;
  readonly queries: readonly Query[];
  /** A line that should not be crossed. @default none */
  readonly threshold?: number;
  /** Whether it is bad to be below the threshold. @default false: it is bad to be above */
  readonly lowIsBad?: boolean;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly Row[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** Grafana's grid is 24 columns wide. */
const COLUMNS = 24;
const PANEL_HEIGHT = 8;
const STAT_HEIGHT = 4;
/** Version of Grafana's dashboard format, that of Grafana 10. */
const SCHEMA_VERSION = 39;

/** The dashboard as Grafana reads it. Pure: the same dashboard gives the same object. */
export function grafana(dashboard: Dashboard): object {
  return {
    uid: dashboard.uid,
    title: dashboard.title,
    description: dashboard.description,
    tags: ["agentic-flow"],
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: false,
    refresh: "30s",
    time: { from: "now-6h", to: "now" },
    timezone: "utc",
    templating: { list: [{ name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus", current: {} }] },
    links: [{ title: "Agentic Flow", type: "dashboards", tags: ["agentic-flow"], asDropdown: true, keepTime: true }],
    panels: place(dashboard.rows),
  };
}

function place(rows: readonly Row[]): object[] {
  const placed: object[] = [];
  let y = 0;
  let id = 0;
  for (const { title, panels } of rows) {
    placed.push({ id: ++id, type: "row", title, collapsed: false, panels: [], gridPos: { x: 0, y: y++, w: COLUMNS, h: 1 } });
    const width = Math.floor(COLUMNS / panels.length);
    const height = panels.every((panel) => panel.kind === "stat") ? STAT_HEIGHT : PANEL_HEIGHT;
    for (const [index, panel] of panels.entries()) {
      placed.push({ id: ++id, ...content(panel), gridPos: { x: index * width, y, w: width, h: height } });
    }
    y += height;
  }
  return placed;
}

function content(panel: Panel): object {
  const datasource = { type: "prometheus", uid: "${datasource}" };
  return {
    type: panel.kind,
    title: panel.title,
    description: panel.description,
    datasource,
    targets: panel.queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + index),
      datasource,
      expr,
      legendFormat: legend,
      instant: panel.kind !== "timeseries",
      range: panel.kind === "timeseries",
    })),
    fieldConfig: { defaults: { unit: panel.unit, min: 0, ...thresholds(panel) }, overrides: [] },
    options: panel.kind === "timeseries" ? { legend: { displayMode: "table", placement: "bottom", calcs: ["lastNotNull", "max"] }, tooltip: { mode: "multi" } } : {},
  };
}

function thresholds({ threshold, lowIsBad = false, kind }: Panel): object {
  if (threshold === undefined) return {};
  const [below, above] = lowIsBad ? ["red", "green"] : ["green", "red"];
  return {
    thresholds: { mode: "absolute", steps: [{ color: below, value: null }, { color: above, value: threshold }] },
    ...(kind === "timeseries" ? { custom: { thresholdsStyle: { mode: "line" } } } : {}),
  };
}
