import { field, integer, object, oneOf, optional, quantity, text } from "./shape";
import type { Fields } from "./shape";

/** Every key below this namespace is read here; an unknown one is an error. */
export const CONFIG_NAMESPACE = "agentic-flow";

/** Bounds of one container, as Kubernetes quantities. There is no CPU limit: it throttles where nothing is scarce. */
export interface Resources {
  readonly cpuRequest: string;
  readonly memoryRequest: string;
  readonly memoryLimit: string;
}

/** How far a workload scales and what one replica may use. */
export interface Sizing extends Resources {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Average use of the CPU request, in percent, that the autoscaler aims at. */
  readonly targetCpuPercent: number;
}

export interface EtcdConfig extends Resources {
  /** Raft members. Chosen once: a running cluster is not resized by this number. */
  readonly members: 1 | 3 | 5;
  /** Volume of one member. */
  readonly storage: string;
}

/** Lifetimes of the certificates that the program issues, in hours. */
export interface CertificateConfig {
  readonly authorityValidityHours: number;
  readonly validityHours: number;
  /** An `up` this long before the end of a certificate renews it. */
  readonly earlyRenewalHours: number;
}

/** What all pods of the platform's namespace may use together. */
export interface QuotaConfig {
  readonly cpuRequests: string;
  readonly memoryRequests: string;
  readonly memoryLimits: string;
  readonly pods: number;
  readonly volumes: number;
  readonly storage: string;
}

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const MAX_REPLICAS = 1000;
const HOURS_PER_YEAR = 8_760;
const MAX_CERTIFICATE_HOURS = 20 * HOURS_PER_YEAR;
const MAX_PODS = 10_000;

export const CPU = quantity("cpu");
export const MEMORY = quantity("memory");

export function resourceFields(fallback: Resources): Fields<Resources> {
  return {
    cpuRequest: field(CPU, fallback.cpuRequest),
    memoryRequest: field(MEMORY, fallback.memoryRequest),
    memoryLimit: field(MEMORY, fallback.memoryLimit),
  };
}

/** Reads a workload's size; what the stack file leaves out is as declared. */
export function sizing(fallback: Sizing) {
  return object<Sizing>({
    ...resourceFields(fallback),
    minReplicas: field(integer(1, MAX_REPLICAS), fallback.minReplicas),
    maxReplicas: field(integer(1, MAX_REPLICAS), fallback.maxReplicas),
    targetCpuPercent: field(integer(10, 95), fallback.targetCpuPercent),
  });
}

/** Production size of the edge. */
export const EDGE_SIZING: Sizing = {
  minReplicas: 3,
  maxReplicas: 20,
  targetCpuPercent: 60,
  cpuRequest: "250m",
  memoryRequest: "256Mi",
  memoryLimit: "512Mi",
};

/** Readers and production defaults of the keys that stand alone. `services` and `images` are maps and read beside them. */
export const ETCD = object<EtcdConfig>({
  ...resourceFields({ cpuRequest: "500m", memoryRequest: "1Gi", memoryLimit: "2Gi" }),
  members: field(oneOf(1, 3, 5), 3),
  storage: field(MEMORY, "20Gi"),
});

export const CERTIFICATES = object<CertificateConfig>({
  authorityValidityHours: field(integer(24, MAX_CERTIFICATE_HOURS), 10 * HOURS_PER_YEAR),
  validityHours: field(integer(2, MAX_CERTIFICATE_HOURS), HOURS_PER_YEAR),
  earlyRenewalHours: field(integer(1, MAX_CERTIFICATE_HOURS), HOURS_PER_YEAR / 4),
});

export const QUOTA = object<QuotaConfig>({
  cpuRequests: field(CPU, "200"),
  memoryRequests: field(MEMORY, "400Gi"),
  memoryLimits: field(MEMORY, "800Gi"),
  pods: field(integer(1, MAX_PODS), 1_000),
  volumes: field(integer(1, MAX_PODS), 50),
  storage: field(MEMORY, "2Ti"),
});

export const LOG_LEVEL = field(oneOf(...LOG_LEVELS), "info");

/** StorageClass of volumes; the cluster's default one when it is not set. */
export const STORAGE_CLASS = optional(
  text(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "must be the name of a StorageClass", "list them with `npm run kubectl -- get storageclass`"),
);
