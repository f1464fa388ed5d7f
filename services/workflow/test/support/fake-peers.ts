import { randomUUID } from "node:crypto";
import { answer, startScripted } from "../../../kit/test/support/scripted-server";
import type { ScriptedServer } from "../../../kit/test/support/scripted-server";

export interface Delivery {
  readonly key: string;
  readonly to: string;
  readonly type: string;
  readonly payload: unknown;
  readonly traceparent: string | undefined;
}

/** Message bus and agent service on loopback, which count what is done and fail as a test says. */
export interface FakePeers {
  readonly busUrl: string;
  readonly agentUrl: string;
  /** Messages that were stored, each idempotency key once, in their order. */
  readonly delivered: Delivery[];
  /** Requests to send a message, repetitions included. */
  readonly requests: () => number;
  /** States that were set, in their order. */
  readonly moves: { readonly agentId: string; readonly state: string }[];
  readonly states: Map<string, string>;
  /** Answer to a message of some type, in place of storing it. */
  readonly failing: Map<string, number>;
  /** What an agent's change of state is answered with. */
  agentStatus: number | undefined;
  /** Time until a message is answered after it was stored. */
  delayMs: number;
  readonly stop: () => Promise<void>;
}

export async function startFakePeers(): Promise<FakePeers> {
  const [bus, agents] = [await startScripted(), await startScripted()];
  const byKey = new Map<string, string>();
  const peers: FakePeers = {
    busUrl: bus.url, agentUrl: agents.url, delivered: [], moves: [], states: new Map(), failing: new Map(), agentStatus: undefined, delayMs: 0,
    requests: () => bus.received.length,
    stop: async () => {
      await Promise.all([bus.stop(), agents.stop()]);
    },
  };
  script(bus, (body, headers, reply) => {
    const { to, type, payload } = body as unknown as Delivery;
    const failure = peers.failing.get(type);
    if (failure !== undefined) return reply(failure, problem(failure));
    const key = headers["idempotency-key"] ?? "";
    const id = byKey.get(key) ?? randomUUID();
    if (!byKey.has(key)) peers.delivered.push({ key, to, type, payload, traceparent: headers["traceparent"] });
    byKey.set(key, id);
    const sent = { id, to, sentAt: new Date().toISOString(), expiresAt: new Date().toISOString() };
    setTimeout(() => reply(201, sent), peers.delayMs);
  });
  script(agents, (body, _headers, reply, url) => {
    const agentId = url.split("/")[4] ?? "";
    const { state } = body as { state: string };
    if (peers.agentStatus !== undefined) return reply(peers.agentStatus, problem(peers.agentStatus));
    if (peers.states.get(agentId) === state) return reply(409, { ...problem(409), code: "illegal-transition", current: state });
    peers.states.set(agentId, state);
    peers.moves.push({ agentId, state });
    const now = new Date().toISOString();
    reply(200, { id: agentId, type: "coder", capabilities: [], metadata: {}, state, region: "test", createdAt: now, updatedAt: now, revision: peers.moves.length });
  });
  return peers;
}

type Reply = (status: number, body: unknown) => void;

function script(server: ScriptedServer, handle: (body: Record<string, unknown>, headers: Record<string, string | undefined>, reply: Reply, url: string) => void): void {
  server.script = (request, response, index) => {
    const body = JSON.parse(server.received[index - 1]?.body ?? "{}") as Record<string, unknown>;
    handle(body, request.headers as Record<string, string | undefined>, (status, text) => void (response.writable && answer(response, status, text)), request.url ?? "");
  };
}

function problem(status: number): Record<string, unknown> {
  return { type: `urn:agentic-flow:problem:scripted-${status}`, title: "Scripted", status, detail: "as the test says", code: `scripted-${status}` };
}
