import type { TarEntry } from "./oci/tar";

/** How one image is made. */
export interface ImageRecipe {
  /** Last part of the image's name, such as `agent`. */
  readonly name: string;
  /** Gathers what goes into the image. Writes nothing. */
  plan(o: { readonly signal?: AbortSignal }): Promise<ImagePlan>;
}

/** What goes into an image; two equal plans give the same digest. */
export interface ImagePlan {
  readonly title: string;
  /** @default the first digits of the image's content key, for programs whose version only they know */
  readonly version?: string;
  readonly entrypoint: readonly string[];
  /** `NAME=value` pairs. */
  readonly environment: readonly string[];
  readonly workingDirectory: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Lowest first; what changes rarely comes first, so that images share it. */
  readonly layers: readonly (readonly TarEntry[])[];
  /** Of all layers, uncompressed. */
  readonly sizeLimitBytes: number;
}

/** User and group of every image: the number that the distroless images call `nonroot`. */
export const nonRootId = 65532;
