import type { ServiceContext, ServiceParts } from "../../kit/src";
import { contract as agentContract } from "../../agent/contract";
import type { contract } from "../contract";
import { AgentDirectory } from "./agents";
import { Leases } from "./leases";
import { operations } from "./operations";
import { Questions } from "./questions";
import { Teams } from "./teams";

/** The coordination service on the region's etcd. */
export function createCoordinationService({ etcd, region, client }: ServiceContext<typeof contract>): ServiceParts<typeof contract> {
  const teams = new Teams(etcd, new AgentDirectory(client(agentContract)), region);
  return { operations: operations({ teams, questions: new Questions(etcd, teams), leases: new Leases(etcd) }) };
}
