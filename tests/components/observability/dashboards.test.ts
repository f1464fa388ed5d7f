import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "mocha";
import { dashboardFiles } from "../../../components/observability/dashboards";
import { OWN_METRICS, PLATFORM_METRICS, SCRAPE_METRICS, SERVICE_METRICS } from "../../../components/observability/metric-names";
import { ruleFile } from "../../../components/observability/rules";
import { PLATFORM, SERVICES } from "./sample";
import { judge } from "./tool";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string; readonly datasource: unknown }[];
}

interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
}

const files = dashboardFiles(SERVICES, PLATFORM);
const dashboards = Object.values(files).map((text) => JSON.parse(text) as Dashboard);
const rules = ruleFile(SERVICES, PLATFORM).groups.flatMap((group) => group.rules);
const recorded = rules.flatMap((rule) => ("record" in rule ? [rule.record] : []));
const exported: readonly string[] = [...SERVICE_METRICS, ...OWN_METRICS, ...SCRAPE_METRICS, ...PLATFORM_METRICS];

/** Words of PromQL that are no names of series. */
const WORDS = new Set(["sum", "max", "min", "rate", "increase", "resets", "absent", "clamp_min", "histogram_quantile", "sum_over_time", "and", "or", "by"]);

/** Names of the series that a query reads: what is left without strings, label lists, durations and words. */
export function seriesOf(expr: string): string[] {
  const bare = expr
    .replace(/__name__=~"(.*?)"/g, (_, names: string) => `} ${names.split("|").join(" ")} {`)
    // Values first: a route in one has braces of its own.
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .replace(/\b(by|without|on|ignoring) \([^)]*\)/g, " ")
    .replace(/\{[^}]*\}/g, " ")
    .replace(/\[[^\]]*\]/g, " ");
  return [...bare.matchAll(/[a-zA-Z_:][\w:]*/g)].map((match) => match[0]).filter((word) => !WORDS.has(word));
}

describe("dashboards", () => {
  it("are an overview and one per service, the same for the same services", () => {
    assert.deepEqual(Object.keys(files), ["agentic-flow-overview.json", "agentic-flow-agent.json", "agentic-flow-memory.json"]);
    assert.deepEqual(dashboardFiles(SERVICES, PLATFORM), files);
    for (const { uid } of dashboards) assert.ok(uid.length <= 40, `Grafana takes no uid as long as ${uid}`);
  });

  it("show rate, errors, duration, saturation and budgets of each service", () => {
    const titles = dashboards.find(({ uid }) => uid === "agentic-flow-agent")?.panels.map((panel) => panel.title) ?? [];
    for (const title of ["Rate by operation", "Errors by operation and status", "Duration", "CPU", "Memory", "Budget left: availability"]) {
      assert.ok(titles.includes(title), `there is no panel '${title}' in ${titles.join(", ")}`);
    }
  });

  it("are what Grafana takes: numbered panels that do not overlap, each with queries, texts and a chosen data source", () => {
    for (const { title, panels } of dashboards) {
      assert.deepEqual(panels.map((panel) => panel.id), panels.map((_, index) => index + 1));
      const taken = new Set<string>();
      for (const { gridPos, ...panel } of panels) {
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            assert.ok(x < 24 && !taken.has(`${x},${y}`), `${title}: '${panel.title}' lies over another or outside`);
            taken.add(`${x},${y}`);
          }
        }
        if (panel.type === "row") continue;
        assert.ok((panel.description ?? "").endsWith("."), `${title}: '${panel.title}' says nothing`);
        assert.ok(panel.targets !== undefined && panel.targets.length > 0, `${title}: '${panel.title}' asks nothing`);
        assert.equal(new Set(panel.targets.map((target) => target.refId)).size, panel.targets.length);
        for (const target of panel.targets) assert.deepEqual(target.datasource, { type: "prometheus", uid: "${datasource}" });
      }
    }
  });

  it("and rules read only series that something exports or a rule records", () => {
    const queries = [...dashboards.flatMap(({ panels }) => panels.flatMap((panel) => (panel.targets ?? []).map((target) => target.expr))), ...rules.map((rule) => rule.expr)];
    assert.ok(queries.length > 100);
    const unknown = queries.flatMap((query) => seriesOf(query).filter((name) => !exported.includes(name) && !recorded.includes(name)));
    assert.deepEqual([...new Set(unknown)], []);
    const used = new Set(queries.flatMap(seriesOf));
    assert.deepEqual(exported.filter((name) => !used.has(name) && !ALSO_READ.has(name)), [], "listed as used, and used nowhere");
  });

  it("ask what Prometheus can answer", function () {
    const promtool = judge(this, "promtool");
    const directory = mkdtempSync(join(tmpdir(), "dashboards-test-"));
    try {
      const queries = dashboards.flatMap(({ panels }) => panels.flatMap((panel) => panel.targets ?? []));
      const file = { groups: [{ name: "panels", rules: queries.map(({ expr }, index) => ({ record: `panel:${index}`, expr })) }] };
      writeFileSync(join(directory, "queries.json"), JSON.stringify(file));
      const output = execFileSync(promtool, ["check", "rules", join(directory, "queries.json")], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
      assert.match(output, new RegExp(`SUCCESS: ${queries.length} rules found`));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

/** Sums and counts come with their buckets; the monitoring service and people read them. */
const ALSO_READ = new Set(["http_server_request_duration_seconds_sum", "http_client_request_duration_seconds_sum", "http_client_request_duration_seconds_count", "scrape_duration_seconds"]);
