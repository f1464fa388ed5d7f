import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Script = (request: IncomingMessage, response: ServerResponse, index: number) => void;

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  readonly received: Received[];
  script: Script;
  readonly stop: () => Promise<void>;
}

/** A server that answers what a test says, and keeps what it got. */
export async function startScripted(port = 0): Promise<ScriptedServer> {
  const received: Received[] = [];
  const scripted: { script: Script } = { script: (_request, response) => void response.end() };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      received.push({ method: request.method, url: request.url, headers: request.headers, body });
      scripted.script(request, response, received.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const bound = (server.address() as AddressInfo).port;
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return Object.assign(scripted, { url: `http://127.0.0.1:${bound}`, port: bound, received, stop });
}

export function answer(response: ServerResponse, status: number, body?: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": status >= 400 ? "application/problem+json" : "application/json", ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
