import { HEALTH_PATHS, SERVICE_LIMITS, SERVICE_OBJECTIVE, SERVICE_PORTS, SERVICE_SHUTDOWN, defineContract } from "../kit/contract";
import { AgentId, AgentList, AgentView, ChangeHeaders, CreateBody, CreateHeaders, ListQuery, StateBody } from "./schemas";

export { LIFECYCLE_EVENTS, LifecycleData } from "./schemas";
export type { LifecycleEventType } from "./schemas";

/** Where every change of an agent is told. */
export const LIFECYCLE_TOPIC = "agent.lifecycle";

/** Path of all agents. */
export const COLLECTION = "/api/v1/agents";
const AGENT = `${COLLECTION}/{id}` as const;

const ETAG = { etag: "the agent's revision, in quotes" } as const;
const NOT_FOUND = { "not-found": { status: 404, description: "there is no such agent" } } as const;
const CHANGED = { "precondition-failed": { status: 412, description: "the agent is not at the revision of 'If-Match'" } } as const;

/** The agent service: lifecycle and state of agents, and the look-up of who can do what. */
export const contract = defineContract({
  name: "agent",
  version: "1.0.0",
  summary: "Lifecycle, state and registry of agents",
  ports: SERVICE_PORTS,
  prefixes: [COLLECTION],
  routes: {
    createAgent: {
      method: "POST",
      path: COLLECTION,
      summary: "Register an agent",
      status: "available",
      schema: {
        headers: CreateHeaders,
        body: CreateBody,
        responses: { 201: { description: "Registered", body: AgentView, headers: { ...ETAG, location: "path of the agent" } } },
        problems: { "idempotency-key-reused": { status: 422, description: "the key came with another body before" } },
      },
    },
    listAgents: {
      method: "GET",
      path: COLLECTION,
      summary: "List agents by capability, type and state",
      status: "available",
      schema: { query: ListQuery, responses: { 200: { description: "One page, in the order of creation", body: AgentList } } },
    },
    getAgent: {
      method: "GET",
      path: AGENT,
      summary: "Read one agent",
      status: "available",
      schema: { params: AgentId, responses: { 200: { description: "The agent", body: AgentView, headers: ETAG } }, problems: NOT_FOUND },
    },
    putAgentState: {
      method: "PUT",
      path: `${AGENT}/state`,
      summary: "Move an agent to another state",
      status: "available",
      schema: {
        params: AgentId,
        headers: ChangeHeaders,
        body: StateBody,
        responses: { 200: { description: "Moved", body: AgentView, headers: ETAG } },
        problems: {
          ...NOT_FOUND,
          ...CHANGED,
          "illegal-transition": { status: 409, description: "not allowed from the agent's state; 'allowed' names what is" },
        },
      },
    },
    deleteAgent: {
      method: "DELETE",
      path: AGENT,
      summary: "Remove an agent",
      status: "available",
      schema: { params: AgentId, headers: ChangeHeaders, responses: { 204: { description: "Removed" } }, problems: { ...NOT_FOUND, ...CHANGED } },
    },
    heartbeatAgent: { method: "POST", path: `${AGENT}/heartbeat`, summary: "Renew the lease of an agent", status: "planned" },
  },
  health: HEALTH_PATHS,
  limits: SERVICE_LIMITS,
  shutdown: SERVICE_SHUTDOWN,
  needs: ["etcd"],
  stores: [{ system: "etcd", prefix: "/agentic-flow/agent/", holds: "agent records, their indexes, and events that wait for the message bus" }],
  topics: { publishes: [{ name: LIFECYCLE_TOPIC, holds: "creations, moves and removals of agents" }], consumes: [] },
  env: {},
  calls: ["message-bus"],
  slo: SERVICE_OBJECTIVE,
});
