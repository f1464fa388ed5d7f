import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProblemDocument, RunningService } from "../../../kit/src";
import { createPostgres, migrate } from "../../../kit/src/postgres";
import type { Postgres, PostgresSettings } from "../../../kit/src/postgres";
import { quietTelemetry, serveTest, silentLogger, testContext } from "../../../kit/test/support/context";
import { freePorts } from "../../../kit/test/support/etcd-server";
import { NO_POSTGRES, findPostgres, startPostgres } from "../../../kit/test/support/postgres-server";
import type { PostgresServer } from "../../../kit/test/support/postgres-server";
import { WORKFLOWS, contract } from "../../contract";
import { createWorkflowService } from "../../src/service";
import { startFakePeers } from "./fake-peers";
import type { FakePeers } from "./fake-peers";
import { NO_RESTATE, findRestate, startRestate } from "./restate-server";
import type { RestateServer } from "./restate-server";

export const MIGRATIONS = join(__dirname, "../../migrations");
/** How long an execution may take that waits for nothing. */
const PATIENCE_MS = 30_000;

export interface ExecutionJson {
  readonly id: string;
  readonly state: string;
  readonly steps: readonly { readonly name: string; readonly state: string; readonly attempts: number; readonly compensationAttempts?: number; readonly output?: unknown; readonly error?: { readonly code: string } }[];
  readonly output?: Readonly<Record<string, unknown>>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ProblemDocument & Readonly<Record<string, unknown>> & ExecutionJson;
}

/** The published API at some address. */
export class Api {
  readonly #url: string;

  constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}`;
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answered> {
    const withBody = body === undefined ? { headers } : { body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } };
    const response = await fetch(`${this.#url}${path}`, { method, ...withBody });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text === "" ? undefined : JSON.parse(text)) as Answered["body"] };
  }

  /** Stores a definition under a name of its own. @returns its id */
  async define(steps: readonly unknown[]): Promise<string> {
    const { status, body } = await this.send("POST", WORKFLOWS, { name: `test-${randomUUID()}`, steps });
    if (status !== 201) throw new Error(`the definition was refused: ${JSON.stringify(body)}`);
    return body.id;
  }

  async execute(workflow: string, input: unknown = {}, headers: Record<string, string> = {}): Promise<string> {
    const { status, body } = await this.send("POST", `${WORKFLOWS}/${workflow}/execute`, { input }, headers);
    if (status !== 202) throw new Error(`the execution was refused: ${JSON.stringify(body)}`);
    return body.id;
  }

  execution(id: string): Promise<Answered> {
    return this.send("GET", `${WORKFLOWS}/executions/${id}`);
  }

  /** Waits until an execution is as it is asked for. */
  async until(id: string, wanted: (execution: ExecutionJson) => boolean): Promise<ExecutionJson> {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const { status, body } = await this.execution(id).catch(() => ({ status: 0, body: undefined }));
      if (status === 200 && body !== undefined && wanted(body)) return body;
      if (Date.now() > until) throw new Error(`execution '${id}' did not get there: ${status} ${JSON.stringify(body)}`);
      await sleep(20);
    }
  }

  ended(id: string): Promise<ExecutionJson> {
    return this.until(id, ({ state }) => ["completed", "failed", "cancelled"].includes(state));
  }
}

export interface Engines {
  readonly postgres: PostgresServer;
  readonly settings: PostgresSettings;
  readonly restate: RestateServer;
  readonly peers: FakePeers;
  readonly stop: () => Promise<void>;
}

/** What the service stands on, all of it real but its peers. Undefined, with the reason printed, where something is missing. */
export async function startEngines(): Promise<Engines | undefined> {
  const [postgresBinary, restateBinary] = [findPostgres(), findRestate()];
  if (postgresBinary === undefined || restateBinary === undefined) {
    console.log(`      ${postgresBinary === undefined ? NO_POSTGRES : NO_RESTATE}`);
    return undefined;
  }
  const started: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of started.splice(0).reverse()) await each();
  };
  try {
    const postgres = await startPostgres(postgresBinary);
    started.push(postgres.stop);
    const restate = await startRestate(restateBinary);
    started.push(restate.stop);
    const peers = await startFakePeers();
    started.push(peers.stop);
    return { postgres, settings: await postgres.addService("workflow"), restate, peers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export interface Rig extends Engines {
  readonly service: RunningService;
  readonly store: Postgres;
  readonly api: Api;
}

/** The service in this process. */
export async function startRig(): Promise<Rig | undefined> {
  const engines = await startEngines();
  if (engines === undefined) return undefined;
  const logger = silentLogger(contract);
  const telemetry = quietTelemetry(contract, logger);
  const store = createPostgres({ settings: engines.settings, telemetry, logger, applicationName: "test" });
  await migrate({ postgres: store, directory: MIGRATIONS, logger });
  const [handlersPort = 0] = await freePorts(1);
  const context = testContext(contract, {
    handles: { postgres: store, restate: { ingressUrl: engines.restate.ingressUrl, adminUrl: engines.restate.adminUrl } },
    settings: { handlersUrl: `http://127.0.0.1:${handlersPort}` },
    handlersPort, logger, telemetry,
    services: { agent: engines.peers.agentUrl, "message-bus": engines.peers.busUrl },
  });
  const service = await serveTest(context, (each) => createWorkflowService(each, "127.0.0.1"));
  return {
    ...engines, service, store,
    api: new Api(service.port),
    stop: async () => {
      await service.stop();
      await store.end();
      await engines.stop();
    },
  };
}
