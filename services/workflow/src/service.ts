import { contract as agentContract } from "../../agent/contract";
import type { ServiceContext, ServiceParts } from "../../kit/src";
import { contract as busContract } from "../../message-bus/contract";
import type { contract } from "../contract";
import { ServiceEffects } from "./effects";
import { ExecutionRepository } from "./execution-repository";
import { Executions } from "./executions";
import { operations } from "./operations";
import { serveHandlers } from "./restate/endpoint";
import { executionHandlers } from "./restate/handlers";
import { RestateOrchestrator } from "./restate/orchestrator";
import { Registrar } from "./restate/registrar";
import { Submitter } from "./submitter";
import { Workflows } from "./workflows";

/**
 * The workflow service on the region's PostgreSQL and Restate. Its durable handlers listen on a port of their own.
 *
 * @param host where they listen. @default every interface
 */
export async function createWorkflowService(context: ServiceContext<typeof contract>, host?: string): Promise<ServiceParts<typeof contract>> {
  const { postgres, restate, client, logger, settings, telemetry, handlersPort } = context;
  const workflows = new Workflows(postgres);
  const repository = new ExecutionRepository(postgres);
  const orchestrator = new RestateOrchestrator(restate);
  const registrar = new Registrar({ adminUrl: restate.adminUrl, handlersUrl: settings.handlersUrl, logger });
  const submitter = new Submitter({ repository, orchestrator, logger });
  const counter = telemetry.meter.createCounter("workflow.executions", { description: "Executions that have ended, by how" });
  telemetry.meter
    .createObservableGauge("workflow.handlers.registered", { description: "1 while Restate knows the durable handlers" })
    .addCallback((result) => result.observe(registrar.registered ? 1 : 0));
  const handlers = executionHandlers({
    effects: new ServiceEffects(client(agentContract), client(busContract)),
    repository,
    tracer: telemetry.tracer,
    ended: (state) => counter.add(1, { state }),
  });
  const close = await serveHandlers({ handlers, port: handlersPort, logger, ...(host === undefined ? {} : { host }) });
  return {
    operations: operations(workflows, new Executions({ workflows, repository, orchestrator, logger })),
    background: [(signal) => registrar.run(signal), (signal) => submitter.run(signal)],
    close,
  };
}
