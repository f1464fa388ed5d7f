import { contract as agentContract } from "../../../agent/contract";
import { createAgentService } from "../../../agent/src/service";
import type { ProblemDocument, RunningService } from "../../../kit/src";
import { EtcdClient } from "../../../kit/src/etcd";
import { serveTest, testContext } from "../../../kit/test/support/context";
import { NO_ETCD, findEtcd, startEtcd } from "../../../kit/test/support/etcd-server";
import type { EtcdServer } from "../../../kit/test/support/etcd-server";
import { contract } from "../../contract";
import { createCoordinationService } from "../../src/service";

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ProblemDocument & Readonly<Record<string, unknown>> & { readonly id: string };
}

export type Send = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answered>;

export interface Rig {
  readonly etcd: EtcdServer;
  readonly client: EtcdClient;
  /** To the coordination service. */
  readonly send: Send;
  /** To a second replica of it, on the same store. */
  readonly sendToOther: Send;
  /** To the agent service. */
  readonly toAgents: Send;
  readonly newAgent: (state?: string, capabilities?: readonly string[]) => Promise<string>;
  readonly stopAgents: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Two replicas of the service in this process, with the real agent service, on a real etcd. Undefined, with the reason printed, where there is none. */
export async function startRig(): Promise<Rig | undefined> {
  const binary = findEtcd();
  if (binary === undefined) {
    console.log(`      ${NO_ETCD}`);
    return undefined;
  }
  const etcd = await startEtcd(binary);
  const client = new EtcdClient({ endpoints: etcd.endpoints, tls: etcd.tls });
  const agents = await serveTest(testContext(agentContract, { handles: { etcd: client }, services: { "message-bus": "http://127.0.0.1:1" } }), createAgentService);
  const start = (): Promise<RunningService> => {
    const context = testContext(contract, { handles: { etcd: client }, services: { agent: `http://127.0.0.1:${agents.port}` } });
    return serveTest(context, createCoordinationService);
  };
  const [one, two] = [await start(), await start()];
  const toAgents = sender(agents.port);
  return {
    etcd, client, toAgents,
    send: sender(one.port),
    sendToOther: sender(two.port),
    newAgent: async (state = "ready", capabilities = []) => {
      const { body } = await toAgents("POST", "/api/v1/agents", { type: "coder", capabilities });
      if (state !== "pending") await toAgents("PUT", `/api/v1/agents/${body.id}/state`, { state });
      return body.id;
    },
    stopAgents: () => agents.stop(),
    stop: async () => {
      await Promise.all([one.stop(), two.stop(), agents.stop()]);
      client.close();
      await etcd.stop();
    },
  };
}

function sender(port: number): Send {
  return async (method, path, body, headers = {}) => {
    const withBody = body === undefined ? { headers } : { body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, ...withBody });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text === "" ? undefined : JSON.parse(text)) as Answered["body"] };
  };
}
