import { serviceHost } from "../../../config";
import { podsServiceName } from "../../workload";
import type { ObservedService, ScrapeTarget } from "../observed";
import { EVALUATION_SECONDS } from "../rules";

export const PROMETHEUS_PORT = 9090;

/** Folder of the configuration inside the container, and the names of its files. */
export const CONFIG_MOUNT = "/etc/prometheus";
export const CONFIG_FILES = { main: "prometheus.json", rules: "rules.json" } as const;

const SCRAPE_SECONDS = 15;
const SCRAPE_TIMEOUT_SECONDS = 10;
/** How often addresses are asked for: a new replica is seen within it. */
const DISCOVERY_SECONDS = 15;

/** Bounds of one scrape. A target that exceeds one is not kept at all, and `ScrapeRefused` tells of it. */
const SCRAPE_LIMITS = {
  sample_limit: 20_000,
  label_limit: 40,
  label_name_length_limit: 100,
  label_value_length_limit: 500,
  body_size_limit: "16MB",
  /** Replicas of one workload. */
  target_limit: 1_000,
} as const;

export interface PrometheusConfiguration {
  readonly region: string;
  readonly namespace: string;
  /** Name of Prometheus' own workload. */
  readonly self: string;
  readonly services: readonly ObservedService[];
  readonly targets: readonly ScrapeTarget[];
  /** Base URL of an Alertmanager, such as `http://alertmanager.example.net:9093`. */
  readonly alertmanagerUrl: string | undefined;
  /** Where every sample is sent as well, for history beyond the region. */
  readonly remoteWriteUrl: string | undefined;
}

/**
 * Prometheus' whole configuration, as the object that its file holds. Pure.
 *
 * Pods are found by name resolution of their headless Services, so nothing here needs rights on the Kubernetes API.
 */
export function prometheusConfiguration(args: PrometheusConfiguration): object {
  return {
    global: {
      scrape_interval: `${SCRAPE_SECONDS}s`,
      scrape_timeout: `${SCRAPE_TIMEOUT_SECONDS}s`,
      evaluation_interval: `${EVALUATION_SECONDS}s`,
      // The environment's value: replicas have the same file and are told apart by it.
      external_labels: { region: args.region, replica: "${POD_NAME}" },
    },
    rule_files: [`${CONFIG_MOUNT}/${CONFIG_FILES.rules}`],
    scrape_configs: [...args.services, ...args.targets].map((target) => scrape(target, args)),
    ...(args.alertmanagerUrl === undefined ? {} : { alerting: alerting(args.alertmanagerUrl) }),
    ...(args.remoteWriteUrl === undefined ? {} : { remote_write: [remoteWrite(args.remoteWriteUrl)] }),
  };
}

function scrape(target: ScrapeTarget, { namespace, self }: PrometheusConfiguration): object {
  const { name, port, path, query, keep } = target;
  const hosts = { names: [serviceHost(podsServiceName(name), namespace)], type: "A", port, refresh_interval: `${DISCOVERY_SECONDS}s` };
  return {
    job_name: name,
    metrics_path: path,
    ...(query === undefined ? {} : { params: Object.fromEntries(Object.entries(query).map(([key, value]) => [key, [value]])) }),
    ...SCRAPE_LIMITS,
    // Each replica knows itself without asking, and reads the other ones' metrics nowhere.
    ...(name === self ? { static_configs: [{ targets: [`localhost:${port}`] }] } : { dns_sd_configs: [hosts] }),
    ...(keep === undefined ? {} : { metric_relabel_configs: [{ source_labels: ["__name__"], regex: keep, action: "keep" }] }),
  };
}

function alerting(url: string): object {
  const { protocol, host, pathname } = new URL(url);
  const scheme = protocol === "https:" ? "https" : "http";
  return {
    // Alertmanager tells duplicates apart by labels: what differs between replicas of Prometheus has to go.
    alert_relabel_configs: [{ regex: "replica", action: "labeldrop" }],
    alertmanagers: [{ scheme, ...(pathname === "/" ? {} : { path_prefix: pathname }), static_configs: [{ targets: [host] }] }],
  };
}

/** Samples that wait to be sent on; beyond it the oldest are lost to the remote store, never to this one. */
const REMOTE_QUEUE = { capacity: 10_000, max_shards: 10, max_samples_per_send: 2_000, batch_send_deadline: "5s" } as const;

function remoteWrite(url: string): object {
  return { url, remote_timeout: "30s", queue_config: REMOTE_QUEUE };
}
