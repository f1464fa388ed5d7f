import { contractFaults } from "./contract-faults";
import type { OperationSchema } from "./operation-schema";

/**
 * What a service promises to the rest of the platform.
 *
 * One contract is read by everybody who depends on it: the running server registers and validates its routes from it,
 * clients are typed by it, the edge derives its routing table from it, the workload component its ports, probes,
 * environment and network policy. So they cannot disagree.
 */
export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/**
 * Who may call a route. `public`: everybody, through the edge. `internal`: services that name this one in their
 * `calls`. `collector`: the region's telemetry collector, which hands traces over.
 */
export type Audience = "public" | "internal" | "collector";

interface RouteBase {
  readonly method: HttpMethod;
  /** OpenAPI path template below one of the contract's prefixes, such as `/api/v1/agents/{id}`. */
  readonly path: string;
  readonly summary: string;
  /** @default "public" */
  readonly audience?: Audience;
}

/** An operation that works. */
export interface AvailableRoute<S extends OperationSchema = OperationSchema> extends RouteBase {
  readonly status: "available";
  readonly schema: S;
  /**
   * The caller may ask to wait for something to happen: how long the answer takes then says nothing of the service, and
   * is no part of its latency objective. @default false
   */
  readonly waits?: boolean;
  /** `key`: the kit honours an `Idempotency-Key`, keeping the answer for a day. @default none */
  readonly idempotency?: "key";
  /** Requests of one caller, as a token bucket. @default no limit but that of connections */
  readonly rateLimit?: { readonly perSecond: number; readonly burst: number };
}

/** Published, not built yet: the kit answers 501 for it and counts who asks, and nobody has to write a stub. */
export interface PlannedRoute extends RouteBase {
  readonly status: "planned";
}

/** One operation that callers may rely on. The key in `ServiceContract.routes` is its operation id. */
export type PublishedRoute = AvailableRoute | PlannedRoute;

/** The form an environment variable has to have, and so the type it is read as. */
export type EnvKind = "string" | "port" | "integer" | "ratio" | "httpUrl" | "httpsUrls" | "file" | "logLevel";

export interface EnvVariable {
  readonly name: string;
  readonly description: string;
  readonly kind: EnvKind;
  readonly required: boolean;
  /** Used when the variable is absent or empty; same form as the variable itself. Only with `required: false`. */
  readonly default?: string;
}

/** What a service can ask the platform for. */
export const NEEDS = ["etcd", "postgres", "redis", "restate", "prometheus"] as const;
export type Need = (typeof NEEDS)[number];

/** A range of keys, tables or topics that this service alone writes. */
export interface StoredData {
  readonly system: Need;
  /** Key prefix with its last slash, schema or key pattern. */
  readonly prefix: string;
  readonly holds: string;
}

/** A stream of events with one owner. */
export interface Topic {
  /** Lower-case words separated by dots, such as `agent.lifecycle`. */
  readonly name: string;
  readonly holds: string;
}

/** What users may count on, measured over 30 days. */
export interface ServiceObjective {
  /** Share of requests that the service does not fail (no 5xx), such as 0.999. */
  readonly availability: number;
  /** Share `latencyShare` of requests is answered within this time. */
  readonly latencyMs: number;
  readonly latencyShare: number;
}

export interface ServiceContract {
  /** DNS label: name of the folder, the workload, its Service and its image. */
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly ports: {
    /** Published routes; the only port the edge may reach. */
    readonly api: number;
    /** Health, metrics, version and OpenAPI; for the kubelet and the metrics collector only. */
    readonly admin: number;
    /** Where Restate calls the service's durable handlers. Only with the need `restate`. */
    readonly handlers?: number;
  };
  /** Every published path is one of these or starts with one and a slash. */
  readonly prefixes: readonly string[];
  readonly routes: Readonly<Record<string, PublishedRoute>>;
  /** Paths on the admin port. */
  readonly health: {
    readonly liveness: string;
    readonly readiness: string;
    readonly metrics: string;
    readonly version: string;
    readonly openapi: string;
  };
  readonly limits: {
    readonly requestBodyBytes: number;
    /** From the first byte of a request to the end of its handler. */
    readonly requestTimeoutMs: number;
    /** Open connections of one process on its API port. */
    readonly connections: number;
  };
  readonly shutdown: {
    /** How long the process serves on after SIGTERM while readiness fails, so that balancers can look away. */
    readonly drainDelayMs: number;
    /** How long requests in flight may take after that. */
    readonly inFlightDeadlineMs: number;
  };
  /** What it stands on; each brings its settings, credentials and network policy. */
  readonly needs: readonly Need[];
  readonly stores: readonly StoredData[];
  readonly topics: {
    /** Topics that this service alone writes to. */
    readonly publishes: readonly Topic[];
    /** Names of other services' topics. */
    readonly consumes: readonly string[];
  };
  /** What only this service reads from its environment. The key is the property the value is read into. */
  readonly env: Readonly<Record<string, EnvVariable>>;
  /** Names of the services this one calls. */
  readonly calls: readonly string[];
  readonly slo: ServiceObjective;
}

/** Health paths every service of this project has. */
export const HEALTH_PATHS = {
  liveness: "/livez",
  readiness: "/readyz",
  metrics: "/metrics",
  version: "/version",
  openapi: "/openapi.json",
} as const;

/** Ports of every service: each has pods of its own, so they can be the same. */
export const SERVICE_PORTS = { api: 8080, admin: 8081 } as const;

/** Limits of a service that has no reason for others. */
export const SERVICE_LIMITS = { requestBodyBytes: 64 * 1024, requestTimeoutMs: 10_000, connections: 2_000 } as const;

export const SERVICE_SHUTDOWN = { drainDelayMs: 5_000, inFlightDeadlineMs: 12_000 } as const;

/** Objective of a service that has no reason for another: the platform's request path in DESIGN terms, p99 below 100 ms. */
export const SERVICE_OBJECTIVE = { availability: 0.999, latencyMs: 100, latencyShare: 0.99 } as const;

/** Time kept after the in-flight deadline for closing connections to what the service stands on. */
const SHUTDOWN_RESERVE_MS = 3_000;

/** Seconds the platform has to leave between SIGTERM and SIGKILL for this service. */
export function terminationGracePeriodSeconds(contract: ServiceContract): number {
  const { drainDelayMs, inFlightDeadlineMs } = contract.shutdown;
  return Math.ceil((drainDelayMs + inFlightDeadlineMs + SHUTDOWN_RESERVE_MS) / 1000);
}

export function audienceOf(route: PublishedRoute): Audience {
  return route.audience ?? "public";
}

/**
 * Keeps the literal types of a contract (so that operation ids, schemas and environment kinds are known to the
 * compiler) and checks what types cannot say.
 *
 * @throws Error listing everything that is wrong with the contract.
 */
export function defineContract<const C extends ServiceContract>(contract: C): C {
  const faults = contractFaults(contract);
  if (faults.length > 0) {
    throw new Error(`contract of '${contract.name}' is not consistent:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`);
  }
  return contract;
}
