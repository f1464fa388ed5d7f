import type { ServiceContext, ServiceParts } from "../../kit/src";
import type { contract } from "../contract";
import { whileElected } from "./election";
import { Fullness } from "./fullness";
import { SWEEPER } from "./keys";
import { Mailboxes } from "./mailbox";
import { BusMetrics } from "./metrics";
import { operations } from "./operations";
import { Sender } from "./sender";
import { Sweeper } from "./sweeper";
import { Topics } from "./topics";
import { Arrivals } from "./wait";

/** The message bus on the region's etcd. */
export function createMessageBusService({ etcd, telemetry, logger, instance }: ServiceContext<typeof contract>): ServiceParts<typeof contract> {
  const metrics = new BusMetrics(telemetry.meter);
  const arrivals = new Arrivals(etcd);
  telemetry.meter
    .createObservableGauge("bus.waiting_requests", { description: "Requests that wait for a message or an event" })
    .addCallback((result) => result.observe(arrivals.waiting));
  const sender = new Sender(etcd, new Fullness(etcd));
  const mailboxes = new Mailboxes({ etcd, arrivals, metrics, telemetry });
  const topics = new Topics({ etcd, arrivals, metrics });
  const sweeper = new Sweeper({ etcd, metrics });
  const elected = { etcd, key: SWEEPER, instance, logger, work: (signal: AbortSignal) => sweeper.sweep(signal), lost: () => metrics.swept(undefined) };
  return { operations: operations({ etcd, sender, mailboxes, topics }), background: [(signal) => whileElected(elected, signal)] };
}
