import { HEALTH_PATHS, SERVICE_LIMITS, SERVICE_OBJECTIVE, SERVICE_PORTS, SERVICE_SHUTDOWN, defineContract } from "../kit/contract";
import {
  CreateBody, ExecuteBody, ExecuteHeaders, ExecutionView, ListQuery, SignalBody, SignalParams, WorkflowId, WorkflowList, WorkflowView,
} from "./schemas";

/** Path of all workflows. */
export const WORKFLOWS = "/api/v1/workflows";
/** Path of all executions. */
export const EXECUTIONS = `${WORKFLOWS}/executions` as const;

const NOT_FOUND = { "not-found": { status: 404, description: "there is no such thing" } } as const;
const FINISHED = { "execution-finished": { status: 409, description: "it has ended; 'state' says how" } } as const;

/** Durable orchestration: versioned definitions in PostgreSQL, executions that survive crashes in Restate. */
export const contract = defineContract({
  name: "workflow",
  version: "1.0.0",
  summary: "Durable workflows of agents: steps, retries, compensation, signals, timers",
  ports: { ...SERVICE_PORTS, handlers: 8082 },
  prefixes: [WORKFLOWS],
  routes: {
    createWorkflow: {
      method: "POST",
      path: WORKFLOWS,
      summary: "Store a definition as the next version of its name; the same definition again is the same version",
      status: "available",
      schema: {
        body: CreateBody,
        responses: {
          201: { description: "Stored", body: WorkflowView, headers: { location: "path of the workflow" } },
          200: { description: "This version was stored before", body: WorkflowView, headers: { location: "path of the workflow" } },
        },
      },
    },
    listWorkflows: {
      method: "GET",
      path: WORKFLOWS,
      summary: "List definitions, all versions",
      status: "available",
      schema: { query: ListQuery, responses: { 200: { description: "One page, in the order of creation", body: WorkflowList } } },
    },
    getWorkflow: {
      method: "GET",
      path: `${WORKFLOWS}/{id}`,
      summary: "Read one version of a definition",
      status: "available",
      schema: { params: WorkflowId, responses: { 200: { description: "The definition; it never changes", body: WorkflowView } }, problems: NOT_FOUND },
    },
    executeWorkflow: {
      method: "POST",
      path: `${WORKFLOWS}/{id}/execute`,
      summary: "Start an execution; with an Idempotency-Key the same request leads to the same one",
      status: "available",
      schema: {
        params: WorkflowId,
        headers: ExecuteHeaders,
        body: ExecuteBody,
        responses: { 202: { description: "Stored, and started as soon as that is possible", body: ExecutionView, headers: { location: "path of the execution" } } },
        problems: {
          ...NOT_FOUND,
          "idempotency-key-reused": { status: 422, description: "the key came with another input before" },
          "too-many-executions": { status: 429, description: "too many are not finished" },
        },
      },
    },
    getExecution: {
      method: "GET",
      path: `${EXECUTIONS}/{id}`,
      summary: "Read how an execution stands",
      status: "available",
      schema: { params: WorkflowId, responses: { 200: { description: "State, steps with their attempts, output", body: ExecutionView } }, problems: NOT_FOUND },
    },
    signalExecution: {
      method: "POST",
      path: `${EXECUTIONS}/{id}/signals/{name}`,
      summary: "Send a signal that a step waits for, or will wait for",
      status: "available",
      schema: {
        params: SignalParams,
        body: SignalBody,
        responses: { 202: { description: "Kept for the step" } },
        problems: {
          ...NOT_FOUND,
          ...FINISHED,
          "unknown-signal": { status: 422, description: "no step waits for it" },
          "signal-repeated": { status: 409, description: "it was sent before, and the first one counts" },
        },
      },
    },
    cancelExecution: {
      method: "DELETE",
      path: `${EXECUTIONS}/{id}`,
      summary: "Cancel an execution; what it did is compensated",
      status: "available",
      schema: { params: WorkflowId, responses: { 202: { description: "Asked to end" } }, problems: { ...NOT_FOUND, ...FINISHED } },
    },
    listExecutions: { method: "GET", path: EXECUTIONS, summary: "List executions by workflow and state", status: "planned" },
  },
  health: HEALTH_PATHS,
  limits: SERVICE_LIMITS,
  shutdown: SERVICE_SHUTDOWN,
  needs: ["postgres", "restate"],
  stores: [{ system: "postgres", prefix: "workflow.", holds: "definitions, executions and their outcomes" }],
  topics: { publishes: [], consumes: [] },
  env: {
    handlersUrl: {
      name: "HANDLERS_URL",
      description: "Where Restate reaches the handlers of this service",
      kind: "httpUrl",
      required: false,
      default: "http://workflow.agentic-flow.svc:8082",
    },
  },
  calls: ["agent", "message-bus"],
  slo: SERVICE_OBJECTIVE,
});
