/** The machine-local region: a Kubernetes control plane with one real node, or with simulated nodes. */
export { checkKubeconfig } from "./external";
export type { ExternalCluster } from "./external";
export { RegionError } from "./errors";
export type { RegionErrorCode } from "./errors";
export { findRegion, inspectRegion, listRegions, regionNames } from "./find";
export type { RegionState } from "./find";
export { importImage } from "./import-image";
export { regionMemoryBytes } from "./memory";
export { nameProblem, nameRule } from "./name";
export { startRegion } from "./start";
export { stopRegion } from "./stop";
export type { AddonImages, ImageArchive, RegionHandle, RegionMode, StartOptions, StopOptions, StopResult } from "./types";
