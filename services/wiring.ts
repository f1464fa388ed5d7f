import type * as pulumi from "@pulumi/pulumi";
import type { RegionalCluster } from "../components/cluster";
import type { Upstream } from "../components/edge";
import { edgeSelector } from "../components/edge";
import type { EtcdClient } from "../components/etcd";
import { selectorLabels } from "../components/labels";
import type { PlatformNamespace } from "../components/namespace";
import { podsServiceName } from "../components/workload";
import type { ServiceWorkloadArgs } from "../components/workload";
import { serviceHost } from "../config";
import type { Declared, LogLevel, Sizing } from "../config";
import { terminationGracePeriodSeconds } from "./kit/contract";
import { platformImages } from "./index";
import type { Need, ServiceDeclaration } from "./kit/declaration";

/** What configuration may speak of, from what is declared. */
export function declared(services: readonly ServiceDeclaration[]): Declared {
  return {
    services: Object.fromEntries(services.map((service) => [service.contract.name, productionSize(service)])),
    images: [...services.map((service) => service.contract.name), ...platformImages],
  };
}

function productionSize({ replicas, resources, targetCpuPercent }: ServiceDeclaration): Sizing {
  return { minReplicas: replicas.min, maxReplicas: replicas.max, targetCpuPercent, ...resources };
}

/** Names of the services that stand on something. */
export function needing(services: readonly ServiceDeclaration[], need: Need): string[] {
  return services.filter((service) => service.needs.includes(need)).map((service) => service.contract.name);
}

/** The services as the edge sees them. */
export function upstreams(services: readonly ServiceDeclaration[], namespace: string): Upstream[] {
  return services.map(({ contract }) => ({
    name: contract.name,
    host: serviceHost(podsServiceName(contract.name), namespace),
    port: contract.ports.api,
    routes: Object.values(contract.routes),
    requestBodyBytes: contract.limits.requestBodyBytes,
    requestTimeoutMs: contract.limits.requestTimeoutMs,
    connections: contract.limits.connections,
  }));
}

export interface Surroundings {
  readonly cluster: RegionalCluster;
  readonly namespace: PlatformNamespace;
  readonly image: pulumi.Input<string>;
  readonly sizing: Sizing;
  readonly logLevel: LogLevel;
  /** Name of the edge's workload. */
  readonly edge: string;
  /** Present for services that need it. */
  readonly etcd: EtcdClient | undefined;
  /** All services, for who calls whom. */
  readonly services: readonly ServiceDeclaration[];
}

/** One service's declaration and its surroundings as the arguments of its workload. */
export function workloadArgs(service: ServiceDeclaration, around: Surroundings): ServiceWorkloadArgs {
  const { contract } = service;
  const { cluster, namespace, image, sizing, etcd, services } = around;
  const { cpuRequest, memoryRequest, memoryLimit, minReplicas, maxReplicas, targetCpuPercent } = sizing;
  const callers = services.filter((other) => other.contract.calls.includes(contract.name)).map((other) => other.contract.name);
  const called = services.filter((other) => contract.calls.includes(other.contract.name));
  return {
    cluster,
    namespace,
    role: "service",
    image,
    env: { ...levelOf(service, around.logLevel), ...service.env(provided(cluster.region.name, etcd)) },
    replicas: { kind: "autoscaled", min: minReplicas, max: maxReplicas, targetCpuPercent },
    resources: { cpuRequest, memoryRequest, memoryLimit },
    ports: [
      { name: "api", port: contract.ports.api, callers: [edgeSelector(around.edge), ...callers.map(selectorLabels)], appProtocol: "http" },
      { name: "admin", port: contract.ports.admin },
    ],
    liveness: { path: contract.health.liveness, port: "admin" },
    readiness: { path: contract.health.readiness, port: "admin", periodSeconds: 2 },
    destinations: [
      ...(etcd === undefined ? [] : [etcd.destination]),
      ...called.map((other) => ({ labels: selectorLabels(other.contract.name), port: other.contract.ports.api })),
    ],
    files: etcd === undefined ? [] : [etcd.files],
    terminationGracePeriodSeconds: terminationGracePeriodSeconds(contract),
  };
}

function provided(region: string, etcd: EtcdClient | undefined) {
  return etcd === undefined ? { region } : { region, etcd: { endpoints: etcd.endpoints, ...etcd.paths } };
}

/** The stack's log level, for a service that has one. */
function levelOf({ contract }: ServiceDeclaration, level: LogLevel): Record<string, string> {
  return Object.fromEntries(
    Object.values(contract.env)
      .filter((variable) => variable.kind === "logLevel")
      .map((variable) => [variable.name, level]),
  );
}
