/**
 * What a service promises to the rest of the platform.
 *
 * One contract is read by everybody who depends on it: the running server registers its routes from it, the edge
 * derives its routing table from it, the workload component its ports, probes and grace period. So they cannot disagree.
 */
export type HttpMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One operation that callers may rely on. The key in `ServiceContract.routes` is its operation id. */
export interface PublishedRoute {
  readonly method: HttpMethod;
  /** OpenAPI path template below the contract's prefix, such as `/api/v1/agents/{id}`. */
  readonly path: string;
  readonly summary: string;
  /** `planned`: published, not built yet; the kit answers 501 for it, and nobody has to write a stub. */
  readonly status: "available" | "planned";
}

/** The form an environment variable has to have, and so the type it is read as. */
export type EnvKind = "string" | "port" | "httpsUrls" | "file" | "logLevel";

export interface EnvVariable {
  readonly name: string;
  readonly description: string;
  readonly kind: EnvKind;
  readonly required: boolean;
  /** Used when the variable is absent or empty; same form as the variable itself. Only with `required: false`. */
  readonly default?: string;
}

/** A range of keys, tables or topics that this service alone writes. */
export interface StoredData {
  readonly system: "etcd";
  /** Key prefix, with its last slash. */
  readonly prefix: string;
  readonly holds: string;
}

export interface ServiceContract {
  /** DNS label: name of the workload, its Service and its image. */
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  readonly ports: {
    /** Published routes; the only port the edge may reach. */
    readonly api: number;
    /** Health, metrics, version and OpenAPI; for the kubelet and the metrics collector only. */
    readonly admin: number;
  };
  /** Every published path is this or starts with this and a slash. */
  readonly prefix: string;
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
  readonly stores: readonly StoredData[];
  /** What the process reads from its environment. The key is the property the value is read into. */
  readonly env: Readonly<Record<string, EnvVariable>>;
  /** Names of the services this one calls. */
  readonly calls: readonly string[];
}

/** Health paths every service of this project has. */
export const HEALTH_PATHS = {
  liveness: "/livez",
  readiness: "/readyz",
  metrics: "/metrics",
  version: "/version",
  openapi: "/openapi.json",
} as const;

/** Time kept after the in-flight deadline for closing connections to what the service stands on. */
const SHUTDOWN_RESERVE_MS = 3_000;

/** Seconds the platform has to leave between SIGTERM and SIGKILL for this service. */
export function terminationGracePeriodSeconds(contract: ServiceContract): number {
  const { drainDelayMs, inFlightDeadlineMs } = contract.shutdown;
  return Math.ceil((drainDelayMs + inFlightDeadlineMs + SHUTDOWN_RESERVE_MS) / 1000);
}

/**
 * Keeps the literal types of a contract (so that operation ids and environment kinds are known to the compiler) and
 * checks what types cannot say.
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

function contractFaults(contract: ServiceContract): string[] {
  const faults: string[] = [];
  if (!/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(contract.name)) {
    faults.push(`'name' (${contract.name}) must be a DNS label`);
  }
  if (contract.ports.api === contract.ports.admin) {
    faults.push(`'ports.admin' (${contract.ports.admin}) must differ from 'ports.api', or the edge could reach the health paths`);
  }
  const seen = new Map<string, string>();
  for (const [operation, route] of Object.entries(contract.routes)) {
    const { prefix } = contract;
    if (route.path !== prefix && !route.path.startsWith(`${prefix}/`)) {
      faults.push(`'routes.${operation}.path' (${route.path}) must be below 'prefix' (${prefix})`);
    }
    const key = `${route.method} ${route.path.replace(/\{[^}]+\}/g, "{}")}`;
    const other = seen.get(key);
    if (other !== undefined) faults.push(`'routes.${operation}' (${key}) is published twice; the other is '${other}'`);
    seen.set(key, operation);
  }
  for (const [key, variable] of Object.entries(contract.env)) {
    if (variable.required && variable.default !== undefined) {
      faults.push(`'env.${key}' (${variable.name}) is required and has a default; choose one`);
    }
  }
  return faults;
}
