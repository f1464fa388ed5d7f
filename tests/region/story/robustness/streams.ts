import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { eventually } from "../../../support/cli";
import type { RegionUnderTest } from "../../support/region-under-test";
import { missingOf, stream } from "./stream";
import type { Stream } from "./stream";

interface Created {
  readonly id: string;
}

interface Delivery {
  readonly messages: readonly { readonly id: string; readonly payload: { readonly execution?: string }; readonly receipt: string }[];
}

/** Messages of one mailbox before the next one is begun: a mailbox takes 1,000. */
const MAILBOX_SIZE = 200;
/** The most that one request hands out, and that one acknowledgement takes. */
const BATCH = 50;
/** Long enough for the whole test, so that nothing is handed out twice while a mailbox is emptied. */
const LEASE_S = 3_600;
/** Until an execution that was acknowledged has ended, whatever was down meanwhile. */
const COMPLETED_WITHIN_MS = 60_000;

/** Every message that waits for an agent; takes them out. */
async function emptyMailbox(region: RegionUnderTest, agent: string): Promise<Delivery["messages"]> {
  const all: Delivery["messages"][number][] = [];
  for (;;) {
    const { messages } = await region.json<Delivery>("GET", `/api/v1/messages/queue/${agent}?limit=${BATCH}&visibilitySeconds=${LEASE_S}`, 200);
    if (messages.length === 0) return all;
    all.push(...messages);
    await region.json("POST", `/api/v1/messages/queue/${agent}/ack`, 200, { receipts: messages.map(({ receipt }) => receipt) });
  }
}

async function has(region: RegionUnderTest, path: string, wanted: Readonly<Record<string, unknown>>): Promise<boolean> {
  const found = await region.json<Record<string, unknown>>("GET", path, 200);
  for (const [name, value] of Object.entries(wanted)) assert.deepEqual(found[name], value, `${path}: ${name}`);
  return true;
}

function agents(region: RegionUnderTest): Stream {
  return stream<string>({
    name: "agents",
    write: async () => (await region.json<Created>("POST", "/api/v1/agents", 201, { type: "researcher", capabilities: ["robust"], metadata: {} })).id,
    lost: (ids) => missingOf(ids, (id) => `agent ${id}`, (id) => has(region, `/api/v1/agents/${id}`, { id, state: "pending" })),
  });
}

function messages(region: RegionUnderTest): Stream {
  let sent = 0;
  let mailbox = randomUUID() as string;
  return stream<{ readonly to: string; readonly id: string }>({
    name: "messages",
    write: async () => {
      sent += 1;
      if (sent % MAILBOX_SIZE === 0) mailbox = randomUUID();
      const to = mailbox;
      return { to, id: (await region.json<Created>("POST", "/api/v1/messages", 201, { to, type: "robustness", payload: {} })).id };
    },
    lost: async (acknowledged) => {
      const received = new Set<string>();
      for (const to of new Set(acknowledged.map((one) => one.to))) for (const { id } of await emptyMailbox(region, to)) received.add(id);
      return acknowledged.filter(({ id }) => !received.has(id)).map(({ id, to }) => `message ${id} to ${to}`);
    },
  });
}

function memory(region: RegionUnderTest): Stream {
  const agent = randomUUID();
  let written = 0;
  const path = (n: number): string => `/api/v1/memory/${agent}/items/item-${n}`;
  return stream<number>({
    name: "memory",
    write: async () => {
      const n = (written += 1);
      await region.json("PUT", path(n), 201, { value: { n } });
      return n;
    },
    lost: (acknowledged) => missingOf(acknowledged, (n) => `item ${n}`, (n) => has(region, path(n), { value: { n } })),
  });
}

function teams(region: RegionUnderTest, member: string): Stream {
  return stream<string>({
    name: "teams",
    write: async () => (await region.json<Created>("POST", "/api/v1/teams", 201, { name: "Robust", members: [member] })).id,
    lost: (ids) => missingOf(ids, (id) => `team ${id}`, (id) => has(region, `/api/v1/teams/${id}`, { id })),
  });
}

function leases(region: RegionUnderTest): Stream {
  const run = randomUUID();
  let taken = 0;
  return stream<{ readonly name: string; readonly token: number }>({
    name: "leases",
    write: async () => {
      const name = `${run}-${(taken += 1)}`;
      const { token } = await region.json<{ readonly token: number }>("POST", "/api/v1/coordination/leases", 201, { name, holder: "robustness", ttlSeconds: LEASE_S });
      return { name, token };
    },
    lost: (acknowledged) => missingOf(acknowledged, ({ name }) => `lease ${name}`, ({ name, token }) => has(region, `/api/v1/coordination/leases/${name}`, { holder: "robustness", token })),
  });
}

/** Each execution sends one message that names it: it has to complete, and the message has to be there exactly once. */
function executions(region: RegionUnderTest, workflow: string): Stream {
  let begun = 0;
  let mailbox = randomUUID() as string;
  return stream<{ readonly id: string; readonly name: string; readonly to: string }>({
    name: "workflows",
    write: async () => {
      begun += 1;
      if (begun % MAILBOX_SIZE === 0) mailbox = randomUUID();
      const input = { to: mailbox, execution: randomUUID() };
      const { id } = await region.json<Created>("POST", `/api/v1/workflows/${workflow}/execute`, 202, { input });
      return { id, name: input.execution, to: input.to };
    },
    lost: async (acknowledged) => {
      const unfinished = await missingOf(acknowledged, ({ id }) => `execution ${id}`, ({ id }) =>
        eventually(`the end of ${id}`, COMPLETED_WITHIN_MS, async () => ((await has(region, `/api/v1/workflows/executions/${id}`, { state: "completed" })) ? true : undefined)));
      const received = new Map<string, number>();
      for (const to of new Set(acknowledged.map((one) => one.to))) {
        for (const { payload } of await emptyMailbox(region, to)) received.set(payload.execution ?? "", (received.get(payload.execution ?? "") ?? 0) + 1);
      }
      const wrong = acknowledged.filter(({ name }) => received.get(name) !== 1).map(({ id, name }) => `execution ${id} sent its message ${received.get(name) ?? 0} times`);
      return [...unfinished, ...wrong];
    },
  });
}

function models(region: RegionUnderTest): Stream {
  const run = randomUUID();
  let registered = 0;
  return stream<string>({
    name: "models",
    write: async () => {
      const name = `${run}-${(registered += 1)}`;
      await region.json("POST", "/api/v1/neural/models", 201, { name, task: "embedding" });
      return name;
    },
    lost: (names) => missingOf(names, (name) => `model ${name}`, (name) => has(region, `/api/v1/neural/models/${name}`, { name, task: "embedding" })),
  });
}

/** A service that is only asked: an answer that says that nothing is missing is all there is to acknowledge. */
function reads(region: RegionUnderTest, name: string, path: string): Stream {
  return stream<true>({
    name,
    write: async () => {
      const { missing = [] } = await region.json<{ readonly missing?: readonly string[] }>("GET", path, 200);
      assert.deepEqual(missing, [], `${path}: missing`);
      return true;
    },
    lost: () => Promise.resolve([]),
  });
}

/** The mixed load: one stream for each thing that a region acknowledges, and one for each service that only answers. */
export async function mixedStreams(region: RegionUnderTest): Promise<Stream[]> {
  const member = await region.json<Created>("POST", "/api/v1/agents", 201, { type: "coder", capabilities: [], metadata: {} });
  const workflow = await region.json<Created>("POST", "/api/v1/workflows", 201, {
    name: `robust-${randomUUID()}`,
    steps: [
      { name: "pause", kind: "sleep", seconds: 1 },
      {
        name: "tell", kind: "sendMessage", to: { $from: "/input/to" }, type: "robustness", payload: { execution: { $from: "/input/execution" } },
        retry: { maxAttempts: 20, largestPauseMs: 5_000 },
      },
    ],
  });
  return [
    agents(region), messages(region), memory(region), teams(region, member.id), leases(region), executions(region, workflow.id), models(region),
    reads(region, "providers", "/api/v1/providers"), reads(region, "overview", "/api/v1/monitoring/overview"),
  ];
}
