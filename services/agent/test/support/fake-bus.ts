import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { LIFECYCLE_TOPIC } from "../../contract";
import type { LifecycleEvent } from "../../src/events";

export interface FakeBus {
  readonly url: string;
  /** Events in the order of their arrival, those that came again included. */
  readonly arrived: LifecycleEvent[];
  /** `traceparent` of each request, by the event's id. */
  readonly traceparents: Map<string, string>;
  /** @default "take" */
  behaviour: "take" | "refuse" | "hang";
  readonly stop: () => Promise<void>;
}

/** A message bus that only takes events of agents, or fails to on demand. */
export async function startFakeBus(): Promise<FakeBus> {
  const arrived: FakeBus["arrived"] = [];
  const traceparents: FakeBus["traceparents"] = new Map();
  const state: { behaviour: FakeBus["behaviour"] } = { behaviour: "take" };
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      if (state.behaviour === "hang") return;
      const wrong = request.method !== "POST" || request.url !== `/api/v1/topics/${LIFECYCLE_TOPIC}/events`;
      if (wrong || state.behaviour === "refuse") return void response.writeHead(wrong ? 404 : 503).end();
      const event = JSON.parse(body) as LifecycleEvent;
      arrived.push(event);
      traceparents.set(event.id, String(request.headers["traceparent"]));
      response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify({ topic: LIFECYCLE_TOPIC, offset: arrived.length }));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return Object.assign(state, { arrived, traceparents, url: `http://127.0.0.1:${port}`, stop });
}
