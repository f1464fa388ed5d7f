/** Where a region's cluster comes from. */
export type Cloud = "aws" | "gcp" | "local";

export interface Region {
  /** Name of the region and of its stack. */
  readonly name: string;
  readonly cloud: Cloud;
  /** Failure domains that replicas spread over, as nodes label them. Empty where nodes carry no zone. */
  readonly zones: readonly string[];
  /**
   * Position in the catalogue, from 0. Address ranges are derived from it, so it never changes once a region exists:
   * new regions are added at the end.
   */
  readonly index: number;
  /** Private address range of the region's network, disjoint from every other region's. Cloud regions only. */
  readonly networkCidr?: string;
}

interface CatalogueEntry {
  readonly name: string;
  readonly cloud: Cloud;
  readonly zones: readonly string[];
}

const CATALOGUE: readonly CatalogueEntry[] = [
  { name: "us-east-1", cloud: "aws", zones: ["us-east-1a", "us-east-1b", "us-east-1c"] },
  { name: "us-west-2", cloud: "aws", zones: ["us-west-2a", "us-west-2b", "us-west-2c"] },
  { name: "eu-west-1", cloud: "aws", zones: ["eu-west-1a", "eu-west-1b", "eu-west-1c"] },
  { name: "ap-southeast-1", cloud: "aws", zones: ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] },
  { name: "europe-west3", cloud: "gcp", zones: ["europe-west3-a", "europe-west3-b", "europe-west3-c"] },
  { name: "asia-northeast1", cloud: "gcp", zones: ["asia-northeast1-a", "asia-northeast1-b", "asia-northeast1-c"] },
  { name: "local", cloud: "local", zones: [] },
];

/** A /12 per region holds 2^20 addresses; 10.0.0.0/12 is left to networks that users already have. */
const ADDRESSES_STEP = 16;

/** Every region there is, in the order of their indexes. */
export const REGIONS: readonly Region[] = CATALOGUE.map((entry, index) => ({
  ...entry,
  index,
  ...(entry.cloud === "local" ? {} : { networkCidr: `10.${(index + 1) * ADDRESSES_STEP}.0.0/12` }),
}));

export const REGION_NAMES: readonly string[] = REGIONS.map((region) => region.name);

/** The region of that name, or undefined when the catalogue has none. */
export function findRegion(name: string): Region | undefined {
  return REGIONS.find((region) => region.name === name);
}
