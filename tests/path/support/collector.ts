import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { TRACES_IN } from "../../../services/monitoring/contract";

export interface CollectorStub {
  /** Base URL for OTLP over HTTP. */
  readonly endpoint: string;
  /** Base URL of the monitoring service. Undefined: what is sent is kept by nobody. */
  store: string | undefined;
  readonly stop: () => Promise<void>;
}

/** Hands spans on as the region's collector does, and drops metrics. */
export async function startCollectorStub(): Promise<CollectorStub> {
  const state: { store: string | undefined } = { store: undefined };
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      const forward = request.url === "/v1/traces" && state.store !== undefined;
      const status = forward ? (await fetch(`${state.store}${TRACES_IN}`, { method: "POST", body, headers: { "content-type": "application/json" } })).status : 200;
      response.writeHead(status, { "content-type": "application/json" }).end("{}");
    })().catch(() => response.writeHead(503).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return Object.assign(state, { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop });
}
