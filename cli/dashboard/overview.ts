/** What the monitoring service says of one service. A number that is not known is null, and not zero. */
export interface ServiceOverview {
  readonly name: string;
  /** Replicas that answer with their metrics. */
  readonly ready: number | null;
  readonly requestsPerSecond: number | null;
  /** Share of requests that were answered with 5xx, from 0 to 1. */
  readonly errorRatio: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Share of the error budget that is left; below 0 when it is overdrawn. */
  readonly budgetLeft: number | null;
  /** Requests for operations that are not built, in the last hour. */
  readonly planned501: number | null;
}

export interface AgentsOverview {
  readonly total: number | null;
  readonly byState: Readonly<Record<string, number>>;
}

export interface Overview {
  readonly services: readonly ServiceOverview[];
  /** Null when the monitoring service does not know of agents. */
  readonly agents: AgentsOverview | null;
  /** What the monitoring service could not ask for, and is null for that reason. */
  readonly missing: readonly string[];
}

export const OVERVIEW_PATH = "/api/v1/monitoring/overview";

/** Asks the monitoring service through the region's entry. @throws Error that says what was wrong. */
export async function askOverview(entryUrl: string, signal: AbortSignal): Promise<Overview> {
  const response = await fetch(`${entryUrl}${OVERVIEW_PATH}`, { signal, headers: { accept: "application/json" } });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${OVERVIEW_PATH} answered ${response.status}`);
  }
  return parseOverview(await response.json());
}

/** @throws Error when it is not an overview at all. */
export function parseOverview(body: unknown): Overview {
  const { services, agents, missing } = record(body);
  if (!Array.isArray(services)) throw new Error(`${OVERVIEW_PATH} answered something that is no overview: it has no 'services'`);
  return {
    services: services.map(parseService),
    agents: agents === undefined || agents === null ? null : parseAgents(record(agents)),
    missing: Array.isArray(missing) ? missing.filter((reason) => typeof reason === "string") : [],
  };
}

function parseService(body: unknown): ServiceOverview {
  const service = record(body);
  return {
    name: typeof service["name"] === "string" ? service["name"] : "?",
    ready: number(service["ready"]),
    requestsPerSecond: number(service["requestsPerSecond"]),
    errorRatio: number(service["errorRatio"]),
    p50Ms: number(service["p50Ms"]),
    p99Ms: number(service["p99Ms"]),
    budgetLeft: number(service["budgetLeft"]),
    planned501: number(service["planned501"]),
  };
}

function parseAgents({ total, byState }: Readonly<Record<string, unknown>>): AgentsOverview {
  const states = Object.entries(record(byState)).filter((entry): entry is [string, number] => number(entry[1]) !== null);
  return { total: number(total), byState: Object.fromEntries(states) };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
