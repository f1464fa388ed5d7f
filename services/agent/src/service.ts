import type { ServiceContext, ServiceParts } from "../../kit/src";
import type { contract } from "../contract";
import { operations } from "./operations";
import { AgentRegistry } from "./registry";
import { AgentRepository } from "./repository";

/** The agent service on the region's etcd. */
export function createAgentService({ etcd, region }: ServiceContext<typeof contract>): ServiceParts<typeof contract> {
  return { operations: operations(new AgentRegistry(new AgentRepository(etcd), region)) };
}
