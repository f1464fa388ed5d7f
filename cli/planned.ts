import type { ServiceContract } from "../services/kit/contract";
import { askOverview } from "./dashboard/overview";
import { table } from "./summary";

const TIMEOUT_MS = 3_000;

/** Published routes of one service that answer 501. */
export interface PlannedRoutes {
  readonly service: string;
  readonly routes: readonly string[];
  /** How often they were called in the last hour; undefined when nobody could tell. */
  readonly asked: number | undefined;
}

/** What the contracts publish and the services do not do yet; services without any are left out. */
export function plannedRoutes(contracts: readonly ServiceContract[], asked: ReadonlyMap<string, number>): PlannedRoutes[] {
  return contracts
    .map(({ name, routes }) => ({
      service: name,
      routes: Object.values(routes).filter(({ status }) => status === "planned").map(({ method, path }) => `${method} ${path}`),
      asked: asked.get(name),
    }))
    .filter(({ routes }) => routes.length > 0);
}

/** Calls of routes that are not built, by service, as the region's monitoring service counts them. Empty when it does not answer. */
export async function askedRoutes(entryUrl: string | undefined): Promise<Map<string, number>> {
  if (entryUrl === undefined) return new Map();
  try {
    const { services } = await askOverview(entryUrl, AbortSignal.timeout(TIMEOUT_MS));
    return new Map(services.flatMap(({ name, planned501 }) => (planned501 === null ? [] : [[name, Math.round(planned501)] as const])));
  } catch {
    // The list is right without the counts, and the services' own state is shown above it.
    return new Map();
  }
}

/** Lines for people. */
export function renderPlanned(planned: readonly PlannedRoutes[]): string[] {
  if (planned.length === 0) return [];
  const count = planned.reduce((sum, { routes }) => sum + routes.length, 0);
  const rows = planned.flatMap(({ service, routes, asked }) =>
    routes.map((route, index) => [index === 0 ? service : "", index === 0 ? (asked === undefined ? "?" : String(asked)) : "", route]),
  );
  return ["", `Published, not built yet: ${count} routes answer 501`, ...table([["SERVICE", "LAST HOUR", "ROUTE"], ...rows])];
}
