import { ConfigError } from "../../kit/src";
import type { ServiceContext, ServiceParts } from "../../kit/src";
import { contract } from "../contract";
import { MAX_DIMENSION } from "../limits";
import { Experiences } from "./experiences";
import { ItemCache } from "./item-cache";
import { ItemRepository } from "./item-repository";
import { Items } from "./items";
import { operations } from "./operations";
import { Search } from "./search";
import { keepSweeping } from "./sweeper";
import { VectorSpace } from "./vector-space";

const CHECK_DEADLINE_MS = 1_500;

/** The memory service on the region's PostgreSQL, with a cache in Redis. */
export function createMemoryService(context: ServiceContext<typeof contract>): ServiceParts<typeof contract> {
  const { postgres, redis, telemetry, logger } = context;
  const space = new VectorSpace(postgres, dimensionOf(context.settings.embeddingDimension));
  const cache = new ItemCache({ redis, telemetry, logger, prefix: contract.stores[1].prefix });
  const items = new Items({ repository: new ItemRepository(postgres), cache, space });
  return {
    operations: operations({ items, search: new Search(postgres, space), experiences: new Experiences(postgres, space) }),
    dependencies: [{ name: "embedding dimension", deadlineMs: CHECK_DEADLINE_MS, check: (signal) => space.check(signal) }],
    background: [(signal) => keepSweeping(postgres, logger, signal)],
  };
}

function dimensionOf(dimension: number): number {
  if (dimension >= 1 && dimension <= MAX_DIMENSION) return dimension;
  throw new ConfigError([`'${contract.env.embeddingDimension.name}' (${dimension}) must be from 1 to ${MAX_DIMENSION}: pgvector indexes no larger vector`]);
}
