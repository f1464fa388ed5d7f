import type { ServiceContext, ServiceParts } from "../../kit/src";
import type { contract } from "../contract";
import { operations } from "./operations";
import { ModelRegistry } from "./registry";

/** The neural service on the region's PostgreSQL. */
export function createNeuralService({ postgres }: ServiceContext<typeof contract>): ServiceParts<typeof contract> {
  return { operations: operations(new ModelRegistry(postgres)) };
}
