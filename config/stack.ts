import { accessSync, constants } from "node:fs";
import { isAbsolute } from "node:path";
import { checkDatastores, postgres as postgresReader, REDIS, restate as restateReader } from "./datastores";
import type { PostgresConfig, RedisConfig, RestateConfig } from "./datastores";
import { FaultCollector } from "./faults";
import { IMAGES_VARIABLE, readImages } from "./images";
import { suggestName } from "./nearest";
import { parseQuantity } from "./quantity";
import { findRegion, REGION_NAMES } from "./regions";
import type { Region } from "./regions";
import { CERTIFICATES, CONFIG_NAMESPACE, EDGE_SIZING, ETCD, LOG_LEVEL, QUOTA, sizing, STORAGE_CLASS } from "./schema";
import type { CertificateConfig, EtcdConfig, LogLevel, QuotaConfig, Resources, Sizing } from "./schema";
import { decodeObject } from "./shape";
import type { Reader } from "./shape";
import { checkTelemetry, PROMETHEUS, TELEMETRY } from "./telemetry";
import type { PrometheusConfig, TelemetryConfig } from "./telemetry";

/** Environment variable with the path of the kubeconfig of the cluster to deploy to. */
export const KUBECONFIG_VARIABLE = "AGENTIC_FLOW_KUBECONFIG";

/** What the program declares, and the configuration is checked against. */
export interface Declared {
  /** Production size of each service and the names of the variables that a stack may set for it, by service. */
  readonly services: Readonly<Record<string, { readonly size: Sizing; readonly settings: readonly string[] }>>;
  /** Names of all images the program will ask for. */
  readonly images: readonly string[];
}

/** What a stack says of one service. */
export interface ServiceConfig {
  readonly size: Sizing;
  /** Values of the service's own environment variables, by variable name. */
  readonly settings: Readonly<Record<string, string>>;
}

/** The whole configuration of one stack, complete and consistent. */
export interface StackConfig {
  readonly region: Region;
  /** Absolute path of the kubeconfig of an existing cluster, if one was given. */
  readonly kubeconfigPath: string | undefined;
  readonly storageClass: string | undefined;
  readonly services: Readonly<Record<string, ServiceConfig>>;
  readonly edge: Sizing;
  readonly etcd: EtcdConfig;
  readonly postgres: PostgresConfig;
  readonly redis: RedisConfig;
  readonly restate: RestateConfig;
  readonly certificates: CertificateConfig;
  readonly prometheus: PrometheusConfig;
  readonly telemetry: TelemetryConfig;
  readonly quota: QuotaConfig;
  readonly logLevel: LogLevel;
  /** References with digests, by image name; has every declared image. */
  readonly images: Readonly<Record<string, string>>;
}

const KEYS = [
  "certificates", "edge", "etcd", "images", "logLevel", "postgres", "prometheus", "quota", "redis", "restate", "serviceDefaults", "services", "storageClass", "telemetry",
] as const;
type Key = (typeof KEYS)[number];

/**
 * Reads and checks everything that differs between stacks.
 *
 * @param stack Name of the stack, which is the name of its region.
 * @param raw Configuration values by full key (`agentic-flow:etcd`), as text as Pulumi hands them over or as values.
 *   Keys of other namespaces are not ours and are not looked at.
 * @param env Environment of the process.
 * @throws FaultsError that lists everything that is wrong.
 */
export function parseStackConfig(
  stack: string,
  raw: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
  declared: Declared,
): StackConfig {
  const faults = new FaultCollector();
  const region = findRegion(stack);
  faults.require(region !== undefined, {
    property: "stack",
    actual: stack,
    rule: "must be a region of the catalogue",
    wayOut: `${suggestName(stack, REGION_NAMES)} (known: ${REGION_NAMES.join(", ")})`,
  });
  refuseUnknownKeys(raw, faults);

  const value = (key: Key): unknown => raw[`${CONFIG_NAMESPACE}:${key}`];
  const at = (key: Key): string => `${CONFIG_NAMESPACE}:${key}`;
  const read = <T>(key: Key, reader: Reader<T>): T | undefined => reader(value(key) ?? {}, at(key), faults);

  const services = readServices(value("services"), at("services"), readServiceDefaults(value("serviceDefaults"), at("serviceDefaults"), faults), declared.services, faults);
  const edge = read("edge", sizing(EDGE_SIZING));
  if (edge !== undefined) checkSizing(edge, at("edge"), faults);
  const etcd = read("etcd", ETCD);
  if (etcd !== undefined) checkResources(etcd, at("etcd"), faults);
  const inCloud = region?.cloud !== "local";
  const postgres = read("postgres", postgresReader(inCloud));
  const redis = read("redis", REDIS);
  const restate = read("restate", restateReader(inCloud));
  for (const [key, store] of [["postgres", postgres], ["redis", redis], ["restate", restate]] as const) {
    if (store !== undefined) checkResources(store, at(key), faults);
  }
  if (region !== undefined && postgres !== undefined && restate !== undefined) checkDatastores({ postgres, restate }, region, at, faults);
  const certificates = read("certificates", CERTIFICATES);
  if (certificates !== undefined) checkCertificates(certificates, at("certificates"), faults);
  const prometheus = read("prometheus", PROMETHEUS);
  if (prometheus !== undefined) checkResources(prometheus, at("prometheus"), faults);
  const telemetry = read("telemetry", TELEMETRY);
  if (telemetry !== undefined) {
    checkResources(telemetry, at("telemetry"), faults);
    checkTelemetry(telemetry, at("telemetry"), faults);
  }
  const quota = read("quota", QUOTA);
  if (quota !== undefined) checkQuota(quota, at("quota"), faults);
  const level = value("logLevel");
  const logLevel = level === undefined ? LOG_LEVEL.fallback : LOG_LEVEL.read(level, at("logLevel"), faults);
  const storage = value("storageClass");
  const storageClass = storage === undefined ? undefined : STORAGE_CLASS.read(storage, at("storageClass"), faults);
  const images = readImages(value("images"), at("images"), nonEmpty(env[IMAGES_VARIABLE]), declared.images, faults);
  const kubeconfigPath = readKubeconfigPath(nonEmpty(env[KUBECONFIG_VARIABLE]), faults);

  faults.throwIfAny(`configuration of stack '${stack}'`);
  if (region === undefined || !edge || !etcd || !postgres || !redis || !restate || !certificates || !prometheus || !telemetry || !quota || !logLevel) {
    throw new Error("a configuration reader returned nothing and reported no fault; mend the reader");
  }
  return {
    region, kubeconfigPath, storageClass, services, edge, etcd, postgres, redis, restate, certificates, prometheus, telemetry, quota, logLevel, images,
  };
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

function refuseUnknownKeys(raw: Readonly<Record<string, unknown>>, faults: FaultCollector): void {
  for (const key of Object.keys(raw)) {
    const [namespace, name = ""] = key.split(/:(.*)/s);
    if (namespace !== CONFIG_NAMESPACE || (KEYS as readonly string[]).includes(name)) continue;
    faults.add({ property: key, actual: raw[key], rule: "is not a key that exists", wayOut: suggestName(name, KEYS) });
  }
}

/** What a stack says of every service that it does not name: in the place of what the services declare. */
function readServiceDefaults(value: unknown, property: string, faults: FaultCollector): Readonly<Record<string, unknown>> {
  if (value === undefined) return {};
  const before = faults.faults.length;
  // Read against some complete size: what is checked is each value that is given.
  sizing(EDGE_SIZING)(value, property, faults);
  return faults.faults.length === before ? (decodeObject(value, property, faults) ?? {}) : {};
}

function readServices(
  value: unknown,
  property: string,
  defaults: Readonly<Record<string, unknown>>,
  declared: Declared["services"],
  faults: FaultCollector,
): Record<string, ServiceConfig> {
  const given = value === undefined ? {} : (decodeObject(value, property, faults) ?? {});
  const known = Object.keys(declared);
  for (const name of Object.keys(given)) {
    faults.require(known.includes(name), {
      property: `${property}.${name}`,
      actual: given[name],
      rule: "is not a service that exists",
      wayOut: suggestName(name, known),
    });
  }
  const services: Record<string, ServiceConfig> = {};
  for (const [name, { size: fallback, settings: known }] of Object.entries(declared)) {
    const at = `${property}.${name}`;
    const { settings = {}, ...sizes } = decodeObject(given[name] ?? {}, at, faults) ?? {};
    const size = sizing(fallback)({ ...defaults, ...sizes }, at, faults);
    if (size === undefined) continue;
    checkSizing(size, at, faults);
    services[name] = { size, settings: readSettings(settings, `${at}.settings`, known, faults) };
  }
  return services;
}

/** Values of a service's own variables; what they may be, the service itself says when it starts. */
function readSettings(value: unknown, property: string, known: readonly string[], faults: FaultCollector): Record<string, string> {
  const given = decodeObject(value, property, faults) ?? {};
  const settings: Record<string, string> = {};
  for (const [name, setting] of Object.entries(given)) {
    const isKnown = faults.require(known.includes(name), {
      property: `${property}.${name}`,
      actual: setting,
      rule: "is not a variable of this service",
      wayOut: known.length === 0 ? "remove it: the service has none" : suggestName(name, known),
    });
    const isText = faults.require(["string", "number", "boolean"].includes(typeof setting), {
      property: `${property}.${name}`,
      actual: setting,
      rule: "must be text or a number",
      wayOut: "write structured values as one line of text",
    });
    if (isKnown && isText) settings[name] = String(setting);
  }
  return settings;
}

function checkSizing(size: Sizing, property: string, faults: FaultCollector): void {
  faults.require(size.minReplicas <= size.maxReplicas, {
    property: `${property}.minReplicas`,
    actual: size.minReplicas,
    rule: `must not be greater than '${property}.maxReplicas' (${size.maxReplicas})`,
    wayOut: "raise the one or lower the other",
  });
  checkResources(size, property, faults);
}

function checkResources(resources: Resources, property: string, faults: FaultCollector): void {
  notAbove(resources, "memoryRequest", "memoryLimit", property, faults);
}

function checkQuota(quota: QuotaConfig, property: string, faults: FaultCollector): void {
  notAbove(quota, "memoryRequests", "memoryLimits", property, faults);
}

function notAbove<T>(values: T, low: keyof T & string, high: keyof T & string, property: string, faults: FaultCollector): void {
  const [lowBytes = 0, highBytes = 0] = [parseQuantity(String(values[low])), parseQuantity(String(values[high]))];
  faults.require(lowBytes <= highBytes, {
    property: `${property}.${low}`,
    actual: values[low],
    rule: `must not be greater than '${property}.${high}' (${String(values[high])})`,
    wayOut: "lower the one or raise the other",
  });
}

function checkCertificates(hours: CertificateConfig, property: string, faults: FaultCollector): void {
  faults.require(hours.earlyRenewalHours < hours.validityHours, {
    property: `${property}.earlyRenewalHours`,
    actual: hours.earlyRenewalHours,
    rule: `must be less than '${property}.validityHours' (${hours.validityHours}), or every update would renew`,
    wayOut: "lower the one or raise the other",
  });
  faults.require(hours.validityHours <= hours.authorityValidityHours, {
    property: `${property}.validityHours`,
    actual: hours.validityHours,
    rule: `must not be greater than '${property}.authorityValidityHours' (${hours.authorityValidityHours})`,
    wayOut: "lower the one or raise the other",
  });
}

function readKubeconfigPath(path: string | undefined, faults: FaultCollector): string | undefined {
  if (path === undefined) return undefined;
  faults.require(isAbsolute(path) && isReadable(path), {
    property: KUBECONFIG_VARIABLE,
    actual: path,
    rule: "must be the absolute path of a readable kubeconfig file",
    wayOut: "correct the path, or unset the variable",
  });
  return path;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
