import type { ServiceContext, ServiceParts } from "../../kit/src";
import { contract as agentContract } from "../../agent/contract";
import { contract as busContract } from "../../message-bus/contract";
import type { contract } from "../contract";
import { Consumer } from "./consumer";
import { HealthWatch } from "./health-watch";
import { operations } from "./operations";
import { Prometheus } from "./prometheus";
import { Reconciler } from "./reconciler";
import { Sweeper } from "./sweeper";
import { Timeline } from "./timeline";
import { TraceStore } from "./trace-store";

/** The monitoring service on the region's PostgreSQL and Prometheus. */
export function createMonitoringService(context: ServiceContext<typeof contract>): ServiceParts<typeof contract> {
  const { postgres, region, telemetry, logger, instance, client, settings } = context;
  const prometheus = new Prometheus(context.prometheus.url);
  const criticalJobs = settings.criticalJobs.split(",").map((job) => job.trim()).filter((job) => job !== "");
  const health = new HealthWatch({ prometheus, criticalJobs, logger });
  const reconciler = new Reconciler({ agents: client(agentContract), postgres, logger });
  const consumer = new Consumer({ bus: client(busContract), postgres, reconciler, telemetry, logger, instance });
  const sweeper = new Sweeper({ postgres, logger });
  const spans = telemetry.meter.createCounter("traces.spans", { description: "Spans that the collector handed over; 'outcome' says whether they are kept" });
  return {
    operations: operations({ region, prometheus, timeline: new Timeline(postgres), traces: new TraceStore(postgres), health, spans }),
    background: [(signal) => consumer.run(signal), (signal) => health.run(signal), (signal) => sweeper.run(signal)],
    close: () => prometheus.close(),
  };
}
