import type { ObservedService } from "../observed";
import type { PlatformJobs } from "../platform";
import { overviewDashboard } from "./overview";
import { grafana } from "./panel";
import { serviceDashboard } from "./service";

/** Every dashboard of a region by file name, as text that Grafana reads. The same services give the same text. */
export function dashboardFiles(services: readonly ObservedService[], platform: PlatformJobs): Record<string, string> {
  const dashboards = [overviewDashboard(platform), ...services.map(serviceDashboard)];
  return Object.fromEntries(dashboards.map((dashboard) => [`${dashboard.uid}.json`, `${JSON.stringify(grafana(dashboard))}\n`]));
}
