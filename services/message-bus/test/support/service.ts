import type { ProblemDocument, RunningService, Telemetry } from "../../../kit/src";
import { EtcdClient } from "../../../kit/src/etcd";
import { NO_ETCD, findEtcd, startEtcd } from "../../../kit/test/support/etcd-server";
import type { EtcdServer } from "../../../kit/test/support/etcd-server";
import { quietTelemetry, serveTest, testContext } from "../../../kit/test/support/context";
import { MESSAGES, contract } from "../../contract";
import { ROOT } from "../../src/keys";
import { createMessageBusService } from "../../src/service";

export interface MessageJson {
  readonly id: string;
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly priority: string;
  readonly deliveries: number;
  readonly receipt: string;
  readonly traceparent?: string;
}

export interface Body extends ProblemDocument {
  readonly id: string;
  readonly sentAt: string;
  readonly expiresAt: string;
  readonly messages: readonly MessageJson[];
  readonly nextCursor?: string;
  readonly acknowledged: readonly string[];
  readonly unknown: readonly string[];
  readonly offset: number;
  readonly events: readonly { readonly offset: number; readonly event: Readonly<Record<string, unknown>> }[];
  readonly next: number;
  readonly missed: number;
  readonly topics: readonly { readonly topic: string; readonly lastOffset: number }[];
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** The published API at some address. */
export class Api {
  readonly #url: string;

  constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}`;
  }

  async request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Answered> {
    const withBody = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } };
    const response = await fetch(`${this.#url}${path}`, { method, headers, ...(signal === undefined ? {} : { signal }), ...withBody });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  }

  send(to: string, message: Readonly<Record<string, unknown>> = {}, headers: Record<string, string> = {}): Promise<Answered> {
    return this.request("POST", MESSAGES, { to, type: "task", payload: {}, ...message }, headers);
  }

  receive(agentId: string, query: Readonly<Record<string, string>> = {}, signal?: AbortSignal): Promise<Answered> {
    return this.request("GET", `${MESSAGES}/queue/${agentId}?${new URLSearchParams(query).toString()}`, undefined, {}, signal);
  }

  ack(agentId: string, receipts: readonly string[]): Promise<Answered> {
    return this.request("POST", `${MESSAGES}/queue/${agentId}/ack`, { receipts });
  }

  dead(agentId: string, query: Readonly<Record<string, string>> = {}): Promise<Answered> {
    return this.request("GET", `${MESSAGES}/queue/${agentId}/dead?${new URLSearchParams(query).toString()}`);
  }

  publish(topic: string, event: Readonly<Record<string, unknown>> = {}): Promise<Answered> {
    return this.request("POST", `/api/v1/topics/${topic}/events`, { specversion: "1.0", id: "1", source: "/test", type: "tested", ...event });
  }

  read(topic: string, query: Readonly<Record<string, string>> = {}): Promise<Answered> {
    return this.request("GET", `/api/v1/topics/${topic}/events?${new URLSearchParams(query).toString()}`);
  }
}

export interface Rig {
  readonly etcd: EtcdServer;
  readonly client: EtcdClient;
  readonly service: RunningService;
  readonly api: Api;
  readonly telemetry: Telemetry;
  /** Every key below the service's prefix, as they are in etcd. */
  readonly keys: (below?: string) => Promise<string[]>;
  readonly stop: () => Promise<void>;
}

/** The service in this process on a real etcd. Undefined, with the reason printed, where there is none. */
export async function startRig(telemetry: Telemetry = quietTelemetry(contract)): Promise<Rig | undefined> {
  const binary = findEtcd();
  if (binary === undefined) {
    console.log(`      ${NO_ETCD}`);
    return undefined;
  }
  const etcd = await startEtcd(binary);
  const client = new EtcdClient({ endpoints: etcd.endpoints, tls: etcd.tls });
  const service = await serveTest(testContext(contract, { handles: { etcd: client }, telemetry }), createMessageBusService);
  return {
    etcd, client, service, telemetry,
    api: new Api(service.port),
    keys: async (below = ROOT) => (await client.list(below, { limit: 5_000, keysOnly: true })).entries.map(({ key }) => key),
    stop: async () => {
      await service.stop();
      client.close();
      await etcd.stop();
    },
  };
}
