import type { ProblemDocument, RunningService } from "../../../kit/src";
import { EtcdClient } from "../../../kit/src/etcd";
import { NO_ETCD, findEtcd, startEtcd } from "../../../kit/test/support/etcd-server";
import type { EtcdServer } from "../../../kit/test/support/etcd-server";
import { serveTest, testContext } from "../../../kit/test/support/context";
import { COLLECTION, contract } from "../../contract";
import { OUTBOX, ROOT } from "../../src/keys";
import { createAgentService } from "../../src/service";
import { startFakeBus } from "./fake-bus";
import type { FakeBus } from "./fake-bus";

export interface AgentJson {
  readonly id: string;
  readonly type: string;
  readonly capabilities: readonly string[];
  readonly metadata: unknown;
  readonly state: string;
  readonly region: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly revision: number;
}

export interface Answered<T = AgentJson> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T & ProblemDocument & { readonly agents: readonly AgentJson[]; readonly nextCursor?: string };
}

/** The published API at some address. */
export class Api {
  readonly #url: string;

  constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}`;
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answered> {
    const withBody = body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } };
    const response = await fetch(`${this.#url}${path}`, { method, headers, ...withBody });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text === "" ? undefined : JSON.parse(text)) as Answered["body"] };
  }

  create(agent: Readonly<Record<string, unknown>>, headers: Record<string, string> = {}): Promise<Answered> {
    return this.send("POST", COLLECTION, agent, headers);
  }

  get(id: string): Promise<Answered> {
    return this.send("GET", `${COLLECTION}/${id}`);
  }

  list(query: Readonly<Record<string, string>>): Promise<Answered> {
    return this.send("GET", `${COLLECTION}?${new URLSearchParams(query).toString()}`);
  }

  move(id: string, state: string, ifMatch?: string): Promise<Answered> {
    return this.send("PUT", `${COLLECTION}/${id}/state`, { state }, ifMatch === undefined ? {} : { "if-match": ifMatch });
  }

  delete(id: string, ifMatch?: string): Promise<Answered> {
    return this.send("DELETE", `${COLLECTION}/${id}`, undefined, ifMatch === undefined ? {} : { "if-match": ifMatch });
  }

  /** All pages of a list. */
  async all(query: Readonly<Record<string, string>>): Promise<AgentJson[]> {
    const agents: AgentJson[] = [];
    for (let cursor: string | undefined; ; ) {
      const { status, body } = await this.list(cursor === undefined ? query : { ...query, cursor });
      if (status !== 200) throw new Error(`list answered ${status}: ${JSON.stringify(body)}`);
      agents.push(...body.agents);
      cursor = body.nextCursor;
      if (cursor === undefined) return agents;
    }
  }
}

export interface Rig {
  readonly etcd: EtcdServer;
  readonly client: EtcdClient;
  readonly service: RunningService;
  readonly api: Api;
  readonly bus: FakeBus;
  /** Every key below the service's prefix, as they are in etcd, but for events on their way to the bus. */
  readonly keys: () => Promise<string[]>;
  readonly stop: () => Promise<void>;
}

/** The service in this process on a real etcd. Undefined, with the reason printed, where there is none. */
export async function startRig(): Promise<Rig | undefined> {
  const binary = findEtcd();
  if (binary === undefined) {
    console.log(`      ${NO_ETCD}`);
    return undefined;
  }
  const etcd = await startEtcd(binary);
  const client = new EtcdClient({ endpoints: etcd.endpoints, tls: etcd.tls });
  const bus = await startFakeBus();
  const service = await serveTest(testContext(contract, { handles: { etcd: client }, services: { "message-bus": bus.url } }), createAgentService, {
    dependencies: [{ name: "etcd", deadlineMs: 1_500, check: (signal) => client.ping({ signal }) }],
  });
  return {
    etcd,
    client,
    service,
    bus,
    api: new Api(service.port),
    keys: async () => (await keysBelow(client, ROOT)).filter((key) => !key.startsWith(OUTBOX)),
    stop: async () => {
      await service.stop();
      await bus.stop();
      client.close();
      await etcd.stop();
    },
  };
}

export async function keysBelow(client: EtcdClient, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await client.list(prefix, { after, limit: 1_000, keysOnly: true });
    keys.push(...page.entries.map(({ key }) => key));
    if (!page.more) return keys;
    after = keys.at(-1);
  }
}
