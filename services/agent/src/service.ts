import type { ServiceContext, ServiceParts } from "../../kit/src";
import { contract as busContract } from "../../message-bus/contract";
import type { contract } from "../contract";
import { operations } from "./operations";
import { Outbox } from "./outbox";
import { AgentRegistry } from "./registry";
import { Relay } from "./relay";
import { AgentRepository } from "./repository";

/** The agent service on the region's etcd. */
export function createAgentService({ etcd, region, telemetry, logger, client }: ServiceContext<typeof contract>): ServiceParts<typeof contract> {
  const relay = new Relay({ bus: client(busContract), telemetry, logger });
  const outbox = new Outbox({ etcd, relay, telemetry, logger });
  return {
    operations: operations(new AgentRegistry(new AgentRepository(etcd), outbox, region)),
    background: [(signal) => outbox.sweepUntil(signal)],
    close: () => outbox.close(),
  };
}
