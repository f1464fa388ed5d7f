import { FaultCollector, isDnsLabel } from "../../config";

/** What a service promises its callers, and is measured against. */
export interface Objective {
  /** Share of requests that are not answered with a fault of ours, such as 0.999. */
  readonly availability: number;
  /** Longest time a request may take, in milliseconds; must be a bound of {@link DURATION_BOUNDS_MS}. */
  readonly latencyMs: number;
  /** Share of answered requests that take no longer, such as 0.99. */
  readonly latencyShare: number;
}

/** What has to be known of a service to watch it, in this component's own words: components know no service. */
export interface ObservedService {
  /** Name of the workload; also the `job` of all its series. */
  readonly name: string;
  /** Port and path of its metrics. */
  readonly port: number;
  readonly path: string;
  readonly slo: Objective;
  /** Routes, as `http_route` names them, whose answers may wait for something to happen. */
  readonly waitingRoutes: readonly string[];
  readonly limits: {
    /** Memory at which one replica is killed. */
    readonly memoryBytes: number;
    /** Connections that one replica accepts. */
    readonly connections: number;
  };
}

/** Something else that has metrics: a data store, the edge. */
export interface ScrapeTarget {
  /** Name of the workload; also the `job` of all its series. */
  readonly name: string;
  readonly port: number;
  readonly path: string;
  /** Query of the request for metrics. @default none */
  readonly query?: Readonly<Record<string, string>>;
  /** Regular expression of the names that are kept. @default all */
  readonly keep?: string;
}

/**
 * Upper bounds of the buckets of request durations, in milliseconds. A promise between two of them could not be
 * measured. A test compares them with what the service kit exports.
 */
export const DURATION_BOUNDS_MS = [1, 2.5, 5, 10, 15, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000] as const;

/** @throws FaultsError that lists everything that is wrong with what is to be watched. */
export function checkObserved(subject: string, services: readonly ObservedService[], targets: readonly ScrapeTarget[]): void {
  const faults = new FaultCollector();
  const names = [...services, ...targets].map((target) => target.name);
  for (const [index, name] of names.entries()) {
    const property = index < services.length ? `services[${index}].name` : `targets[${index - services.length}].name`;
    faults.require(isDnsLabel(name) && names.indexOf(name) === index, {
      property,
      actual: name,
      rule: "must be the name of a workload, and be there once",
      wayOut: "list each workload's name once",
    });
  }
  for (const [index, { slo, limits }] of services.entries()) {
    for (const share of ["availability", "latencyShare"] as const) {
      faults.require(slo[share] > 0 && slo[share] < 1, {
        property: `services[${index}].slo.${share}`,
        actual: slo[share],
        rule: "must be above 0 and below 1: a promise without any budget is broken by the first fault",
        wayOut: "write 99.9 % as 0.999",
      });
    }
    faults.require((DURATION_BOUNDS_MS as readonly number[]).includes(slo.latencyMs), {
      property: `services[${index}].slo.latencyMs`,
      actual: slo.latencyMs,
      rule: `must be one of the measured bounds ${DURATION_BOUNDS_MS.join(", ")}`,
      wayOut: "choose the nearest one",
    });
    for (const [limit, value] of Object.entries(limits)) {
      faults.require(value > 0, {
        property: `services[${index}].limits.${limit}`,
        actual: value,
        rule: "must be above 0",
        wayOut: "give the limit that the workload has",
      });
    }
  }
  faults.throwIfAny(subject);
}
