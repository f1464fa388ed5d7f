import type { Binary } from "../../toolchain";
import type { ImageRecipe } from "../recipe";
import { authorities } from "../runtime/authorities";
import { programsLayer } from "../runtime/base";
import { shell, shellLinks } from "../runtime/shell";
import type { ListLibraries } from "../runtime/shared-libraries";

/** The part of the toolchain that recipes use. */
export interface ToolPaths {
  path(binary: Binary): string;
}

/** Also of programs that were unpacked together with their libraries. */
export interface UnpackedToolPaths extends ToolPaths {
  root(binary: Binary): string;
}

/** Of Envoy, the largest that is not named otherwise, there are 107 MB. */
export const toolImageLimitBytes = 200_000_000;

export interface ToolImageOptions {
  /** Programs of the image; the first is its entrypoint. @default the one that is named like the image */
  readonly programs?: readonly [Binary, ...Binary[]];
  /** Whether a shell and its commands are there too. @default false */
  readonly withShell?: boolean;
  /** Whether the public certificate authorities are there, for programs that call out by HTTPS. @default false */
  readonly withAuthorities?: boolean;
  /** Of all files, uncompressed. @default toolImageLimitBytes */
  readonly sizeLimitBytes?: number;
  readonly list?: ListLibraries;
}

/** Where a program of the toolchain lies in an image. */
export function programPath(binary: Binary): string {
  return `/usr/local/bin/${binary}`;
}

/** An image with programs of the toolchain in /usr/local/bin, run without root. */
export function toolImage(name: string, tools: ToolPaths, o: ToolImageOptions & { readonly programs: readonly [Binary, ...Binary[]] }): ImageRecipe;
export function toolImage(name: Binary, tools: ToolPaths, o?: ToolImageOptions): ImageRecipe;
export function toolImage(name: string, tools: ToolPaths, o: ToolImageOptions = {}): ImageRecipe {
  const binaries = o.programs ?? [name as Binary];
  return {
    name,
    async plan({ signal }) {
      const programs = binaries.map((binary) => ({ binary: tools.path(binary), path: programPath(binary) }));
      const layer = await programsLayer([...programs, ...(o.withShell ? [shell(tools.path("busybox"))] : [])], { list: o.list, signal });
      return {
        title: name,
        entrypoint: [programPath(binaries[0])],
        environment: [o.withShell ? "PATH=/usr/local/bin:/bin" : "PATH=/usr/local/bin"],
        workingDirectory: "/",
        labels: layer.labels,
        layers: [[...layer.entries, ...(o.withShell ? shellLinks() : []), ...(o.withAuthorities ? [authorities()] : [])]],
        sizeLimitBytes: o.sizeLimitBytes ?? toolImageLimitBytes,
      };
    },
  };
}
