import { join } from "node:path";
import type { ImageRecipe } from "../recipe";
import { programsLayer } from "../runtime/base";
import { shell, shellLinks } from "../runtime/shell";
import type { ListLibraries } from "../runtime/shared-libraries";
import { programPath, toolImageLimitBytes } from "./tool";
import type { UnpackedToolPaths } from "./tool";

/** Redis, its command line and a shell: probes and backups are short scripts. */
export function redisImage(tools: UnpackedToolPaths, o: { readonly list?: ListLibraries } = {}): ImageRecipe {
  return {
    name: "redis",
    async plan({ signal }) {
      const root = tools.root("redis-server");
      const programs = (["redis-server", "redis-cli"] as const).map((name) => ({ binary: join(root, "usr/bin", name), path: programPath(name) }));
      const layer = await programsLayer([...programs, shell(tools.path("busybox"))], { root, list: o.list, signal });
      return {
        title: "redis",
        entrypoint: [programPath("redis-server")],
        environment: ["PATH=/usr/local/bin:/bin"],
        workingDirectory: "/",
        labels: layer.labels,
        layers: [[...layer.entries, ...shellLinks()]],
        sizeLimitBytes: toolImageLimitBytes,
      };
    },
  };
}
