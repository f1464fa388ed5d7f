import { nameFieldManager, regionalCluster } from "./components/cluster";
import { DataStores } from "./components/datastores";
import { Edge } from "./components/edge";
import { EtcdCluster } from "./components/etcd";
import { PlatformNamespace } from "./components/namespace";
import { Observability, scraperSelector } from "./components/observability";
import { ServiceWorkload } from "./components/workload";
import { loadStackConfig, PLATFORM_NAMESPACE } from "./config";
import { services as declarations } from "./services";
import { declared, needing, observed, restateClients, traceStore, upstreams, workloadArgs } from "./services/wiring";

const EDGE = "edge";

const config = loadStackConfig(declared(declarations));
const { region, images } = config;
const image = (name: string): string => images[name] ?? "";

nameFieldManager();
const cluster = regionalCluster("region", config);
const platform = new PlatformNamespace("platform", { cluster, namespace: PLATFORM_NAMESPACE, quota: config.quota });

const etcd = new EtcdCluster("etcd", {
  cluster,
  namespace: platform,
  image: image("etcd"),
  settings: config.etcd,
  certificates: config.certificates,
  clients: needing(declarations, "etcd"),
  scrapedBy: [scraperSelector()],
});

const datastores = new DataStores("datastores", {
  cluster,
  namespace: platform,
  images: { postgres: image("postgres"), redis: image("redis"), restate: image("restate") },
  settings: config,
  certificates: config.certificates,
  clients: { postgres: needing(declarations, "postgres"), redis: needing(declarations, "redis"), restate: restateClients(declarations) },
});

const observability = new Observability("observability", {
  cluster,
  namespace: platform,
  images: { prometheus: image("prometheus"), collector: image("otel-collector") },
  prometheus: config.prometheus,
  telemetry: config.telemetry,
  services: observed(declarations, config.services),
  etcd: "etcd",
  edge: EDGE,
  traceStore: traceStore(declarations),
  metricReaders: needing(declarations, "prometheus"),
});

for (const service of declarations) {
  const { name } = service.contract;
  const own = { image: image(name), config: config.services[name], stores: { etcd: etcd.clients[name], ...datastores.clientsOf(name), prometheus: observability.metrics } };
  const around = { cluster, namespace: platform, logLevel: config.logLevel, edge: EDGE, traces: observability.traces, services: declarations };
  new ServiceWorkload(name, workloadArgs(service, { ...around, ...own }), { dependsOn: [etcd, datastores] });
}

const edge = new Edge(EDGE, {
  cluster,
  namespace: platform,
  image: image("envoy"),
  sizing: config.edge,
  upstreams: upstreams(declarations, platform.namespace),
  scrapedBy: [scraperSelector()],
});

/** Name of the region, of its services, of the namespace they are in, and the address that they answer at. */
export const regionName = region.name;
export const services = declarations.map((service) => service.contract.name);
export const namespace = platform.namespace;
export const entryAddress = edge.address;
