import type * as pulumi from "@pulumi/pulumi";
import type { RegionalCluster } from "../components/cluster";
import { DATASTORES } from "../components/datastores";
import type { RestateClient } from "../components/datastores";
import type { Upstream } from "../components/edge";
import { edgeSelector } from "../components/edge";
import { PLATFORM_IMAGES } from "../components/images";
import { selectorLabels } from "../components/labels";
import { collectorSelector, scraperSelector } from "../components/observability";
import type { ObservedService, TraceSink, TraceStore } from "../components/observability";
import type { PlatformNamespace } from "../components/namespace";
import { podsServiceName } from "../components/workload";
import type { ServiceWorkloadArgs, StoreClient } from "../components/workload";
import { parseQuantity, serviceHost } from "../config";
import type { Declared, LogLevel, ServiceConfig, Sizing } from "../config";
import { audienceOf, terminationGracePeriodSeconds } from "./kit/contract";
import type { Need, ServiceContract } from "./kit/contract";
import type { ServiceDeclaration } from "./kit/declaration";
import { environmentOf } from "./kit/environment";
import type { AccessOf } from "./kit/environment";

/** What configuration may speak of, from what is declared. */
export function declared(services: readonly ServiceDeclaration[]): Declared {
  return {
    services: Object.fromEntries(
      services.map((service) => [service.contract.name, { size: productionSize(service), settings: Object.values(service.contract.env).map(({ name }) => name) }]),
    ),
    images: [...services.map((service) => service.contract.name), ...PLATFORM_IMAGES],
  };
}

function productionSize({ replicas, resources, targetCpuPercent }: ServiceDeclaration): Sizing {
  return { minReplicas: replicas.min, maxReplicas: replicas.max, targetCpuPercent, ...resources };
}

/** Names of the services that stand on something. */
export function needing(services: readonly ServiceDeclaration[], need: Need): string[] {
  return services.filter(({ contract }) => contract.needs.includes(need)).map(({ contract }) => contract.name);
}

/** The services that use Restate, and where it calls their durable handlers. */
export function restateClients(services: readonly ServiceDeclaration[]): RestateClient[] {
  return services
    .filter(({ contract }) => contract.needs.includes("restate"))
    .map(({ contract: { name, ports } }) => ({ name, ...(ports.handlers === undefined ? {} : { handlersPort: ports.handlers }) }));
}

/** The services as the edge sees them: those with public routes. */
export function upstreams(services: readonly ServiceDeclaration[], namespace: string): Upstream[] {
  return services
    .map(({ contract }) => ({
      name: contract.name,
      host: serviceHost(podsServiceName(contract.name), namespace),
      port: contract.ports.api,
      routes: Object.values(contract.routes).filter((route) => audienceOf(route) === "public"),
      requestBodyBytes: contract.limits.requestBodyBytes,
      requestTimeoutMs: contract.limits.requestTimeoutMs,
      connections: contract.limits.connections,
    }))
    .filter(({ routes }) => routes.length > 0);
}

/** The services as those who watch them see them. */
export function observed(services: readonly ServiceDeclaration[], sizes: Readonly<Record<string, ServiceConfig>>): ObservedService[] {
  return services.map(({ contract, ...declaration }) => ({
    name: contract.name,
    port: contract.ports.admin,
    path: contract.health.metrics,
    slo: contract.slo,
    waitingRoutes: Object.values(contract.routes).filter((route) => route.status === "available" && route.waits === true).map(({ path }) => path),
    limits: {
      memoryBytes: parseQuantity((sizes[contract.name]?.size ?? declaration.resources).memoryLimit) ?? 0,
      connections: contract.limits.connections,
    },
  }));
}

/** Where traces are kept: at the route that the collector may call. Undefined while no service has one that works. */
export function traceStore(services: readonly ServiceDeclaration[]): TraceStore | undefined {
  for (const { contract } of services) {
    const route = Object.values(contract.routes).find((candidate) => audienceOf(candidate) === "collector" && candidate.status === "available");
    if (route !== undefined) return { workload: contract.name, port: contract.ports.api, path: route.path };
  }
  return undefined;
}

/** How one service uses each store that it needs. */
export type StoreClients = { readonly [N in Need]?: StoreClient<AccessOf[N]> };

export interface Surroundings {
  readonly cluster: RegionalCluster;
  readonly namespace: PlatformNamespace;
  readonly image: pulumi.Input<string>;
  /** @throws Error when it is absent: what is declared has to be read. */
  readonly config: ServiceConfig | undefined;
  readonly logLevel: LogLevel;
  /** Name of the edge's workload. */
  readonly edge: string;
  /** Has what the service's contract needs. */
  readonly stores: StoreClients;
  /** Where its traces go. */
  readonly traces: TraceSink;
  /** All services, for who calls whom. */
  readonly services: readonly ServiceDeclaration[];
}

/** One service's declaration and its surroundings as the arguments of its workload. */
export function workloadArgs({ contract }: ServiceDeclaration, around: Surroundings): ServiceWorkloadArgs {
  const { cluster, namespace, image, config, services } = around;
  if (config === undefined) throw new Error(`configuration has no size for service '${contract.name}'; declare it before reading configuration`);
  const { cpuRequest, memoryRequest, memoryLimit, minReplicas, maxReplicas, targetCpuPercent } = config.size;
  const used = contract.needs.map((need) => around.stores[need]).filter((store) => store !== undefined);
  const called = services.filter((other) => contract.calls.includes(other.contract.name)).map((other) => other.contract);
  return {
    cluster,
    namespace,
    role: "service",
    image,
    env: environmentOf(contract, {
      region: cluster.region.name,
      logLevel: around.logLevel,
      telemetry: around.traces,
      access: Object.fromEntries(Object.entries(around.stores).map(([need, store]) => [need, store?.access])),
      services: Object.fromEntries(called.map((other) => [other.name, `http://${serviceHost(other.name, namespace.namespace)}:${other.ports.api}`])),
      settings: config.settings,
    }),
    replicas: { kind: "autoscaled", min: minReplicas, max: maxReplicas, targetCpuPercent },
    resources: { cpuRequest, memoryRequest, memoryLimit },
    ports: [
      { name: "api", port: contract.ports.api, callers: callersOf(contract, around), appProtocol: "http" },
      { name: "admin", port: contract.ports.admin, scrapedBy: [scraperSelector()] },
      ...(contract.ports.handlers === undefined
        ? []
        : [{ name: "handlers", port: contract.ports.handlers, callers: [selectorLabels(DATASTORES.restate)], appProtocol: "http" }]),
    ],
    liveness: { path: contract.health.liveness, port: "admin" },
    readiness: { path: contract.health.readiness, port: "admin", periodSeconds: 2 },
    destinations: [
      ...used.flatMap((store) => store.destinations),
      around.traces.destination,
      ...called.map((other) => ({ labels: selectorLabels(other.name), port: other.ports.api })),
    ],
    files: used.flatMap((store) => store.files),
    terminationGracePeriodSeconds: terminationGracePeriodSeconds(contract),
  };
}

/** Pods that may open connections to a service's API port. */
function callersOf(contract: ServiceContract, { edge, services }: Surroundings) {
  const audiences = new Set(Object.values(contract.routes).map(audienceOf));
  const callers = services.filter((other) => other.contract.calls.includes(contract.name)).map((other) => selectorLabels(other.contract.name));
  return [...(audiences.has("public") ? [edgeSelector(edge)] : []), ...callers, ...(audiences.has("collector") ? [collectorSelector()] : [])];
}
