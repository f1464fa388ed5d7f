import { regionalCluster } from "./components/cluster";
import { Edge } from "./components/edge";
import { EtcdCluster } from "./components/etcd";
import { PlatformNamespace } from "./components/namespace";
import { ServiceWorkload } from "./components/workload";
import { loadStackConfig, PLATFORM_NAMESPACE } from "./config";
import { services as declarations } from "./services";
import { declared, needing, upstreams, workloadArgs } from "./services/wiring";

const EDGE = "edge";

const config = loadStackConfig(declared(declarations));
const { region, images } = config;
const image = (name: string): string => images[name] ?? "";

const cluster = regionalCluster("region", config);
const platform = new PlatformNamespace("platform", { cluster, namespace: PLATFORM_NAMESPACE, quota: config.quota });

const etcd = new EtcdCluster("etcd", {
  cluster,
  namespace: platform,
  image: image("etcd"),
  settings: config.etcd,
  certificates: config.certificates,
  clients: needing(declarations, "etcd"),
});

for (const service of declarations) {
  const { name } = service.contract;
  const own = { image: image(name), config: config.services[name], stores: { etcd: etcd.clients[name] } };
  const around = { cluster, namespace: platform, logLevel: config.logLevel, edge: EDGE, services: declarations };
  new ServiceWorkload(name, workloadArgs(service, { ...around, ...own }), { dependsOn: etcd });
}

const edge = new Edge(EDGE, {
  cluster,
  namespace: platform,
  image: image("envoy"),
  sizing: config.edge,
  upstreams: upstreams(declarations, platform.namespace),
});

/** Name of the region, of its services, of the namespace they are in, and the address that they answer at. */
export const regionName = region.name;
export const services = declarations.map((service) => service.contract.name);
export const namespace = platform.namespace;
export const entryAddress = edge.address;
