import { HEALTH_PATHS, defineContract } from "../kit/contract";

const PREFIX = "/api/v1/agents";

/** The agent service: lifecycle and state of agents, and the look-up of who can do what. */
export const contract = defineContract({
  name: "agent",
  version: "1.0.0",
  summary: "Lifecycle, state and registry of agents",
  ports: { api: 8080, admin: 8081 },
  prefix: PREFIX,
  routes: {
    createAgent: { method: "POST", path: PREFIX, summary: "Register an agent", status: "available" },
    listAgents: { method: "GET", path: PREFIX, summary: "List agents by capability, type and state", status: "available" },
    getAgent: { method: "GET", path: `${PREFIX}/{id}`, summary: "Read one agent", status: "available" },
    putAgentState: { method: "PUT", path: `${PREFIX}/{id}/state`, summary: "Move an agent to another state", status: "available" },
    deleteAgent: { method: "DELETE", path: `${PREFIX}/{id}`, summary: "Remove an agent", status: "available" },
    heartbeatAgent: { method: "POST", path: `${PREFIX}/{id}/heartbeat`, summary: "Renew the lease of an agent", status: "planned" },
  },
  health: HEALTH_PATHS,
  limits: { requestBodyBytes: 64 * 1024, requestTimeoutMs: 10_000, connections: 2_000 },
  shutdown: { drainDelayMs: 5_000, inFlightDeadlineMs: 12_000 },
  stores: [{ system: "etcd", prefix: "/agentic-flow/agent/", holds: "agent records and their indexes" }],
  env: {
    etcdEndpoints: {
      name: "AGENT_ETCD_ENDPOINTS",
      description: "https URLs of the etcd members, separated by commas",
      kind: "httpsUrls",
      required: true,
    },
    etcdCaFile: {
      name: "AGENT_ETCD_CA_FILE",
      description: "PEM file with the certificate authority of etcd",
      kind: "file",
      required: true,
    },
    etcdCertFile: {
      name: "AGENT_ETCD_CERT_FILE",
      description: "PEM file with this service's client certificate",
      kind: "file",
      required: true,
    },
    etcdKeyFile: {
      name: "AGENT_ETCD_KEY_FILE",
      description: "PEM file with the key of that certificate",
      kind: "file",
      required: true,
    },
    port: { name: "PORT", description: "Port of the published API", kind: "port", required: false, default: "8080" },
    adminPort: {
      name: "ADMIN_PORT",
      description: "Port of health, metrics, version and OpenAPI",
      kind: "port",
      required: false,
      default: "8081",
    },
    logLevel: {
      name: "LOG_LEVEL",
      description: "fatal, error, warn, info, debug or trace",
      kind: "logLevel",
      required: false,
      default: "info",
    },
    region: { name: "REGION", description: "Name of the region this process runs in", kind: "string", required: true },
  },
  calls: [],
});
