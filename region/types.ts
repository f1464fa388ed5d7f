import type { Toolchain } from "../toolchain";

/** `node`: one real node in namespaces of its own (Linux, root). `simulated`: the same API server over nodes that only pretend to run pods. */
export type RegionMode = "node" | "simulated";

/** A region that runs. */
export interface RegionHandle {
  readonly name: string;
  readonly mode: RegionMode;
  /** Admin kubeconfig (file mode 0600), usable from this machine. */
  readonly kubeconfigPath: string;
  /** IPv4 address that every Service of type LoadBalancer gets. Loopback in a simulated region, where nothing answers on it. */
  readonly entryAddress: string;
  /** Everything the region keeps on disk; gone after `stopRegion`. */
  readonly directory: string;
}

/** An OCI archive and the name it gets in the region. */
export interface ImageArchive {
  readonly archivePath: string;
  /** `repository@sha256:<manifest digest>`, as pods name it. */
  readonly reference: string;
}

/** References (with digest) of the images that the region itself runs. */
export interface AddonImages {
  readonly pause: string;
  readonly coredns: string;
  readonly metricsServer: string;
}

export interface StartOptions {
  /** DNS label of at most 20 characters. */
  readonly name: string;
  readonly mode: RegionMode;
  /** Port of the API server on loopback; mode `simulated` only. @default a free port, kept for the life of the region */
  readonly apiPort?: number;
  readonly tools: Toolchain;
  /** Needed in mode `node`; unused in mode `simulated`. */
  readonly addonImages?: AddonImages;
  /** Imported as soon as the container runtime answers, so that the add-ons find theirs. @default none: import them with `importImage` */
  readonly archives?: readonly ImageArchive[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (line: string) => void;
}

export interface StopOptions {
  readonly name: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (line: string) => void;
}

/** What stopping found and took away. */
export interface StopResult {
  /** False when there was nothing of that name. */
  readonly stopped: boolean;
  /** One phrase per kind of thing removed, for people. */
  readonly removed: readonly string[];
}
