import type { EnvVariable, Need, ServiceContract } from "./contract";

/** How a workload reaches etcd: mutual TLS, with the files mounted into its container. */
export interface EtcdAccess {
  /** `https://host:port` of every member. */
  readonly endpoints: readonly string[];
  /** Paths inside the container. */
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** How a workload reaches its schema in PostgreSQL: TLS that verifies the server, a password from a file. */
export interface PostgresAccess {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly passwordFile: string;
  readonly caFile: string;
}

export interface RedisAccess {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly passwordFile: string;
  readonly caFile: string;
}

export interface RestateAccess {
  /** Where durable handlers are called, and where they are registered. */
  readonly ingressUrl: string;
  readonly adminUrl: string;
}

export interface PrometheusAccess {
  readonly url: string;
}

/** What each need brings. */
export interface AccessOf {
  readonly etcd: EtcdAccess;
  readonly postgres: PostgresAccess;
  readonly redis: RedisAccess;
  readonly restate: RestateAccess;
  readonly prometheus: PrometheusAccess;
}

/** What the platform tells a service. */
export interface Provided {
  /** Name of the region, from the catalogue. */
  readonly region: string;
  readonly logLevel: string;
  /** Where traces and metrics go. Absent: nowhere. */
  readonly telemetry?: { readonly otlpEndpoint: string; readonly traceSampleRatio: number };
  /** Has what the contract needs. */
  readonly access: Partial<AccessOf>;
  /** Base URL of each called service, by name. */
  readonly services: Readonly<Record<string, string>>;
  /** Values of the contract's own variables, by variable name. @default the contract's */
  readonly settings?: Readonly<Record<string, string>>;
}

type Variables = Readonly<Record<string, EnvVariable>>;

const required = (name: string, description: string, kind: EnvVariable["kind"]): EnvVariable => ({ name, description, kind, required: true });

/** Variables that every service has. */
function standardVariables({ ports }: ServiceContract): Variables {
  const port = (name: string, description: string, number: number): EnvVariable => ({ name, description, kind: "port", required: false, default: String(number) });
  return {
    region: required("REGION", "Name of the region this process runs in", "string"),
    logLevel: { name: "LOG_LEVEL", description: "fatal, error, warn, info, debug or trace", kind: "logLevel", required: false, default: "info" },
    port: port("PORT", "Port of the published API", ports.api),
    adminPort: port("ADMIN_PORT", "Port of health, metrics, version and OpenAPI", ports.admin),
    ...(ports.handlers === undefined ? {} : { handlersPort: port("HANDLERS_PORT", "Port where Restate calls durable handlers", ports.handlers) }),
    otlpEndpoint: { name: "OTLP_ENDPOINT", description: "Base URL of an OTLP/HTTP collector; absent: nothing is exported", kind: "httpUrl", required: false },
    traceSampleRatio: { name: "TRACE_SAMPLE_RATIO", description: "Share of new traces that is kept, from 0 to 1", kind: "ratio", required: false, default: "1" },
  };
}

/** Variables of each need; the keys are those of its access. */
const NEED_VARIABLES: { readonly [N in Need]: { readonly [K in keyof AccessOf[N]]: EnvVariable } } = {
  etcd: {
    endpoints: required("ETCD_ENDPOINTS", "https URLs of the etcd members, separated by commas", "httpsUrls"),
    caFile: required("ETCD_CA_FILE", "PEM file with the certificate authority of etcd", "file"),
    certFile: required("ETCD_CERT_FILE", "PEM file with this service's client certificate", "file"),
    keyFile: required("ETCD_KEY_FILE", "PEM file with the key of that certificate", "file"),
  },
  postgres: {
    host: required("POSTGRES_HOST", "Host name of the PostgreSQL server, as its certificate has it", "string"),
    port: required("POSTGRES_PORT", "Its port", "port"),
    database: required("POSTGRES_DATABASE", "Name of the database", "string"),
    user: required("POSTGRES_USER", "This service's role, which owns the schema of the same name", "string"),
    passwordFile: required("POSTGRES_PASSWORD_FILE", "File with the role's password; read at every connection", "file"),
    caFile: required("POSTGRES_CA_FILE", "PEM file with the certificate authority of the server", "file"),
  },
  redis: {
    host: required("REDIS_HOST", "Host name of the Redis server, as its certificate has it", "string"),
    port: required("REDIS_PORT", "Its port", "port"),
    user: required("REDIS_USER", "This service's ACL user", "string"),
    passwordFile: required("REDIS_PASSWORD_FILE", "File with the user's password", "file"),
    caFile: required("REDIS_CA_FILE", "PEM file with the certificate authority of the server", "file"),
  },
  restate: {
    ingressUrl: required("RESTATE_INGRESS_URL", "Where durable handlers are called", "httpUrl"),
    adminUrl: required("RESTATE_ADMIN_URL", "Where durable handlers are registered", "httpUrl"),
  },
  prometheus: {
    url: required("PROMETHEUS_URL", "Base URL of the region's Prometheus", "httpUrl"),
  },
};

/** `provider-gateway` is called at `SERVICE_PROVIDER_GATEWAY_URL`. */
function serviceVariable(service: string): EnvVariable {
  return required(`SERVICE_${service.toUpperCase().replaceAll("-", "_")}_URL`, `Base URL of the ${service} service`, "httpUrl");
}

/** All variables of a service, in the groups that they are read into. */
export interface EnvironmentGroups {
  readonly standard: Variables;
  readonly needs: Readonly<Record<string, Variables>>;
  readonly services: Variables;
  readonly own: Variables;
}

export function environmentGroups(contract: ServiceContract): EnvironmentGroups {
  return {
    standard: standardVariables(contract),
    needs: Object.fromEntries(contract.needs.map((need) => [need, NEED_VARIABLES[need]])),
    services: Object.fromEntries(contract.calls.map((service) => [service, serviceVariable(service)])),
    own: contract.env,
  };
}

/** Every variable that a service reads, by variable name. */
export function variablesOf(contract: ServiceContract): Readonly<Record<string, EnvVariable>> {
  const { standard, needs, services, own } = environmentGroups(contract);
  const all = [standard, ...Object.values(needs), services, own].flatMap((group) => Object.values(group));
  return Object.fromEntries(all.map((variable) => [variable.name, variable]));
}

/**
 * The environment of a service's container, by variable name.
 *
 * @throws Error naming every need, called service or setting that does not fit the contract.
 */
export function environmentOf(contract: ServiceContract, provided: Provided): Record<string, string> {
  const { standard, own } = environmentGroups(contract);
  const values: Record<string, string | undefined> = {
    REGION: provided.region,
    LOG_LEVEL: provided.logLevel,
    PORT: String(contract.ports.api),
    ADMIN_PORT: String(contract.ports.admin),
    ...(contract.ports.handlers === undefined ? {} : { HANDLERS_PORT: String(contract.ports.handlers) }),
    OTLP_ENDPOINT: provided.telemetry?.otlpEndpoint,
    TRACE_SAMPLE_RATIO: provided.telemetry === undefined ? undefined : String(provided.telemetry.traceSampleRatio),
    ...provided.settings,
  };
  const faults: string[] = [];
  for (const need of contract.needs) {
    const access = provided.access[need] as Readonly<Record<string, string | number | readonly string[]>> | undefined;
    if (access === undefined) faults.push(`'${need}' was not provided, which it needs; hand over the component's access`);
    for (const [property, variable] of Object.entries<EnvVariable>(NEED_VARIABLES[need])) {
      const value = access?.[property];
      if (value !== undefined) values[variable.name] = typeof value === "object" ? value.join(",") : String(value);
    }
  }
  for (const service of contract.calls) {
    const url = provided.services[service];
    if (url === undefined) faults.push(`the address of '${service}' was not provided, which it calls`);
    values[serviceVariable(service).name] = url;
  }
  const ownNames = Object.values(own).map(({ name }) => name);
  for (const name of Object.keys(provided.settings ?? {})) {
    if (!ownNames.includes(name)) faults.push(`setting '${name}' is not one of its own variables (${ownNames.join(", ") || "it has none"})`);
  }
  for (const { name, required: must, description } of [...Object.values(standard), ...Object.values(own)]) {
    if (must && values[name] === undefined) faults.push(`'${name}' has no value: ${description}`);
  }
  if (faults.length > 0) throw new Error(`the environment of '${contract.name}' is not complete:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`);
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
