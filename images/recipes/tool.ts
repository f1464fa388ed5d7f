import type { ImageRecipe } from "../recipe";
import { programLayer } from "../runtime/base";
import type { ListLibraries } from "../runtime/shared-libraries";

export type ToolImageName = "pause" | "coredns" | "metrics-server" | "etcd" | "envoy";

/** The part of the toolchain that recipes use. */
export interface ToolPaths {
  path(binary: ToolImageName): string;
}

/** Envoy, the largest, is 107 MB. */
export const toolImageLimitBytes = 200_000_000;

/** An image with one program of the toolchain at /usr/local/bin/<name>, run without root. */
export function toolImage(name: ToolImageName, tools: ToolPaths, o: { readonly list?: ListLibraries } = {}): ImageRecipe {
  return {
    name,
    async plan({ signal }) {
      const binary = tools.path(name);
      const path = `/usr/local/bin/${name}`;
      const layer = await programLayer({ binary, path }, { list: o.list, signal });
      return {
        title: name,
        entrypoint: [path],
        environment: ["PATH=/usr/local/bin"],
        workingDirectory: "/",
        labels: layer.labels,
        layers: [layer.entries],
        sizeLimitBytes: toolImageLimitBytes,
      };
    },
  };
}
