import type * as pulumi from "@pulumi/pulumi";
import { serviceHost } from "../config";
import type { Sizing, StackConfig } from "../config";
import type { RegionalCluster } from "../components/cluster";
import type { Upstream } from "../components/edge";
import type { EtcdClient } from "../components/etcd";
import { selectorLabels } from "../components/labels";
import type { Labels } from "../components/labels";
import type { PlatformNamespace } from "../components/namespace";
import { podsServiceName, ServiceWorkload } from "../components/workload";
import { terminationGracePeriodSeconds } from "./kit/contract";
import type { ServiceDeclaration } from "./kit/declaration";

/** What a service's deployment stands on. */
export interface Platform {
  readonly config: StackConfig;
  readonly cluster: RegionalCluster;
  readonly namespace: PlatformNamespace;
  /** Every declared service: who calls whom is in their contracts. */
  readonly services: readonly ServiceDeclaration[];
  /** Labels of the edge's pods, which may call every service. */
  readonly edge: Labels;
  /** Access to the region's etcd, by name of the service. */
  readonly etcd: Readonly<Record<string, EtcdClient>>;
}

/** A service's size in production, as its declaration gives it. */
export function productionSizing({ replicas, resources, targetCpuPercent }: ServiceDeclaration): Sizing {
  return { minReplicas: replicas.min, maxReplicas: replicas.max, targetCpuPercent, ...resources };
}

/** Names of the services that need a store. */
export function servicesThatNeed(need: ServiceDeclaration["needs"][number], services: readonly ServiceDeclaration[]): string[] {
  return services.filter((service) => service.needs.includes(need)).map((service) => service.contract.name);
}

/** What the edge has to know of a service. */
export function upstreamOf({ contract }: ServiceDeclaration, namespace: PlatformNamespace): Upstream {
  return {
    name: contract.name,
    host: serviceHost(podsServiceName(contract.name), namespace.namespace),
    port: contract.ports.api,
    routes: Object.values(contract.routes),
    requestBodyBytes: contract.limits.requestBodyBytes,
    requestTimeoutMs: contract.limits.requestTimeoutMs,
    connections: contract.limits.connections,
  };
}

/** Turns a service's declaration into a workload of the region. */
export function deployService(declaration: ServiceDeclaration, platform: Platform, opts?: pulumi.ComponentResourceOptions): ServiceWorkload {
  const { contract } = declaration;
  const { config, cluster, namespace } = platform;
  const sizing = config.services[contract.name] ?? productionSizing(declaration);
  const etcd = declaration.needs.includes("etcd") ? platform.etcd[contract.name] : undefined;
  const logLevel = contract.env["logLevel"];
  const callers = platform.services.filter((other) => other.contract.calls.includes(contract.name)).map((other) => selectorLabels(other.contract.name));
  const callees = platform.services.filter((other) => contract.calls.includes(other.contract.name));
  return new ServiceWorkload(
    contract.name,
    {
      cluster,
      namespace,
      role: "service",
      image: config.images[contract.name] ?? "",
      env: {
        ...declaration.env({ region: config.region.name, ...(etcd === undefined ? {} : { etcd: { endpoints: etcd.endpoints, ...etcd.paths } }) }),
        ...(logLevel === undefined ? {} : { [logLevel.name]: config.logLevel }),
      },
      replicas: { kind: "autoscaled", min: sizing.minReplicas, max: sizing.maxReplicas, targetCpuPercent: sizing.targetCpuPercent },
      resources: { cpuRequest: sizing.cpuRequest, memoryRequest: sizing.memoryRequest, memoryLimit: sizing.memoryLimit },
      ports: [
        { name: "api", port: contract.ports.api, callers: [platform.edge, ...callers], appProtocol: "http" },
        { name: "admin", port: contract.ports.admin },
      ],
      liveness: { path: contract.health.liveness, port: "admin" },
      readiness: { path: contract.health.readiness, port: "admin", periodSeconds: 2 },
      destinations: [
        ...(etcd === undefined ? [] : [etcd.destination]),
        ...callees.map((other) => ({ labels: selectorLabels(other.contract.name), port: other.contract.ports.api })),
      ],
      files: etcd === undefined ? [] : [etcd.files],
      terminationGracePeriodSeconds: terminationGracePeriodSeconds(contract),
    },
    opts,
  );
}
