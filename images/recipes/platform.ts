import type { ImageRecipe } from "../recipe";
import { toolImage } from "./tool";
import type { ToolPaths } from "./tool";

/** Restate is one program of 226 MB; with its command line 249 MB. */
export const restateImageLimitBytes = 260_000_000;

/** etcd with what its backups need: its own tools, and a shell for their script. */
export function etcdImage(tools: ToolPaths): ImageRecipe {
  return toolImage("etcd", tools, { programs: ["etcd", "etcdctl", "etcdutl"], withShell: true });
}

/** Restate, and restatectl to look into a server that its API does not show. It does not start without authorities. */
export function restateImage(tools: ToolPaths): ImageRecipe {
  return toolImage("restate", tools, { programs: ["restate-server", "restatectl"], withAuthorities: true, sizeLimitBytes: restateImageLimitBytes });
}

/** Prometheus, and promtool, which checks rules before they are loaded. Authorities are for writing to a remote store. */
export function prometheusImage(tools: ToolPaths): ImageRecipe {
  return toolImage("prometheus", tools, { programs: ["prometheus", "promtool"], withAuthorities: true });
}

/** The collector; authorities are for exporting to an address of the user's. */
export function collectorImage(tools: ToolPaths): ImageRecipe {
  return toolImage("otel-collector", tools, { withAuthorities: true });
}
