import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { PLATFORM_METRICS } from "../../../components/observability/metric-names";
import { checkObserved } from "../../../components/observability/observed";
import { platformTargets } from "../../../components/observability/platform";
import { prometheusConfiguration } from "../../../components/observability/prometheus";
import { DATA_MOUNT, memoryBound, prometheusFlags } from "../../../components/observability/prometheus/flags";
import { CONFIG_FILES, CONFIG_MOUNT } from "../../../components/observability/prometheus/scrape";
import { ruleFile } from "../../../components/observability/rules";
import { FaultsError } from "../../../config";
import { answering, freePorts } from "./loopback";
import { PLATFORM, PROMETHEUS, SERVICES } from "./sample";
import { judge } from "./tool";

interface Configuration {
  readonly scrape_configs: readonly { readonly job_name: string }[];
  readonly [key: string]: unknown;
}

function configuration(urls: { alertmanagerUrl?: string; remoteWriteUrl?: string } = {}): Configuration {
  const args = { region: "local", namespace: "agentic-flow", self: PLATFORM.prometheus, services: SERVICES, targets: platformTargets(PLATFORM) };
  return prometheusConfiguration({ ...args, alertmanagerUrl: urls.alertmanagerUrl, remoteWriteUrl: urls.remoteWriteUrl }) as Configuration;
}

const scrapeOf = (name: string) => configuration().scrape_configs.find((scrape) => scrape.job_name === name) as Record<string, unknown> | undefined;

describe("configuration of Prometheus", () => {
  it("asks every replica of every service, and everything they stand on", () => {
    assert.deepEqual(
      configuration().scrape_configs.map((scrape) => scrape.job_name),
      ["agent", "memory", "etcd", "edge", "otel-collector", "prometheus"],
    );
    assert.deepEqual(scrapeOf("agent"), {
      job_name: "agent",
      metrics_path: "/metrics",
      sample_limit: 20_000,
      label_limit: 40,
      label_name_length_limit: 100,
      label_value_length_limit: 500,
      body_size_limit: "16MB",
      target_limit: 1_000,
      dns_sd_configs: [{ names: ["agent-pods.agentic-flow.svc"], type: "A", port: 8081, refresh_interval: "15s" }],
    });
  });

  it("reads itself at home, and of Envoy what was ever used", () => {
    assert.deepEqual(scrapeOf("prometheus")?.["static_configs"], [{ targets: ["localhost:9090"] }]);
    assert.equal(scrapeOf("prometheus")?.["dns_sd_configs"], undefined);
    assert.deepEqual(scrapeOf("edge")?.["params"], { usedonly: [""] });
    assert.equal((scrapeOf("edge")?.["metric_relabel_configs"] as { action: string }[])[0]?.action, "keep");
  });

  it("tells regions and replicas apart, and sends nothing anywhere unless told to", () => {
    const { global, alerting, remote_write } = configuration();
    assert.deepEqual((global as { external_labels: unknown }).external_labels, { region: "local", replica: "${POD_NAME}" });
    assert.deepEqual([alerting, remote_write], [undefined, undefined]);
    const sending = configuration({ alertmanagerUrl: "https://alerts.example.net/base", remoteWriteUrl: "https://metrics.example.net/write" });
    assert.deepEqual(sending["alerting"], {
      alert_relabel_configs: [{ regex: "replica", action: "labeldrop" }],
      alertmanagers: [{ scheme: "https", path_prefix: "/base", static_configs: [{ targets: ["alerts.example.net"] }] }],
    });
    assert.equal((sending["remote_write"] as { url: string }[])[0]?.url, "https://metrics.example.net/write");
  });

  it("keeps its history within its time, its volume and its memory", () => {
    const flags = prometheusFlags(PROMETHEUS);
    assert.ok(flags.includes("--storage.tsdb.retention.time=2d"));
    assert.ok(flags.includes(`--storage.tsdb.retention.size=${Math.floor(2 * 2 ** 30 * 0.7)}B`));
    assert.ok(!flags.some((flag) => flag.includes("web.enable")));
    assert.equal(memoryBound("256Mi"), "230MiB");
  });

  it("is taken by Prometheus' own checker, with everything set", function () {
    const promtool = judge(this, "promtool");
    const directory = mkdtempSync(join(tmpdir(), "prometheus-test-"));
    try {
      const file = join(directory, "prometheus.json");
      const urls = { alertmanagerUrl: "http://alerts.example.net:9093", remoteWriteUrl: "https://metrics.example.net/write" };
      const check = (content: object): string => {
        writeFileSync(file, JSON.stringify(content));
        return execFileSync(promtool, ["check", "config", "--syntax-only", file], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
      };
      assert.match(check(configuration(urls)), /SUCCESS/);
      assert.match(check(configuration()), /SUCCESS/);
      assert.throws(() => check({ ...configuration(), scrape: [] }), /field scrape not found/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe("Prometheus", function () {
  this.timeout(60_000);
  const directory = mkdtempSync(join(tmpdir(), "prometheus-run-"));
  let child: ChildProcess | undefined;
  let url: string;

  before(async function () {
    const binary = judge(this, "prometheus");
    const [port = 0] = await freePorts(1);
    url = `http://127.0.0.1:${port}`;
    const local = (text: string): string =>
      text.replaceAll(CONFIG_MOUNT, directory).replaceAll(DATA_MOUNT, directory).replaceAll("0.0.0.0:9090", `127.0.0.1:${port}`).replaceAll("localhost:9090", `localhost:${port}`);
    writeFileSync(join(directory, CONFIG_FILES.main), local(JSON.stringify(configuration())));
    writeFileSync(join(directory, CONFIG_FILES.rules), JSON.stringify(ruleFile(SERVICES, PLATFORM)));
    const env = { ...process.env, POD_NAME: "prometheus-0", GOMEMLIMIT: memoryBound(PROMETHEUS.memoryLimit) };
    child = spawn(binary, prometheusFlags(PROMETHEUS).map(local), { cwd: directory, env, stdio: "ignore" });
    const started = child;
    await answering(`${url}/-/ready`, () => started.exitCode);
  });
  after(async () => {
    if (child !== undefined && child.exitCode === null) {
      child.kill("SIGTERM");
      await once(child, "close");
    }
    rmSync(directory, { recursive: true });
  });

  const get = async <T>(path: string): Promise<T> => ((await (await fetch(`${url}/api/v1/${path}`)).json()) as { data: T }).data;

  it("runs with a region's flags, configuration and rules, and knows which replica it is", async () => {
    const { groups } = await get<{ groups: { rules: { lastError?: string }[] }[] }>("rules");
    const rules = groups.flatMap((group) => group.rules);
    assert.equal(rules.length, ruleFile(SERVICES, PLATFORM).groups.flatMap((group) => group.rules).length);
    assert.deepEqual(rules.map((rule) => rule.lastError).filter((error) => error !== undefined && error !== ""), []);
    assert.match((await get<{ yaml: string }>("status/config")).yaml, /replica: prometheus-0/);
    const flags = await get<Record<string, string>>("status/flags");
    assert.deepEqual([flags["web.enable-lifecycle"], flags["web.enable-admin-api"]], ["false", "false"]);
  });

  it("counts under the names that rules read", async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    const missing = PLATFORM_METRICS.filter((name) => name.startsWith("prometheus_") && !new RegExp(`^${name}[{ ]`, "m").test(text));
    assert.deepEqual(missing, []);
  });
});

describe("what is watched", () => {
  it("is refused with everything that is wrong with it", () => {
    const wrong = [
      { ...SERVICES[0], slo: { availability: 1, latencyMs: 120, latencyShare: 99 } },
      { ...SERVICES[0], limits: { memoryBytes: 0, connections: 10 } },
    ];
    assert.throws(
      () => checkObserved("args", wrong, [{ name: "Edge!", port: 1, path: "/" }]),
      (error) =>
        error instanceof FaultsError &&
        error.faults.map((fault) => fault.property).join() ===
          [
            "services[1].name",
            "targets[0].name",
            "services[0].slo.availability",
            "services[0].slo.latencyShare",
            "services[0].slo.latencyMs",
            "services[1].limits.memoryBytes",
          ].join(),
    );
    checkObserved("args", SERVICES, platformTargets(PLATFORM));
  });
});
