import { createServer } from "node:http";
import type { IncomingHttpHeaders, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  // What was sent is looked at as it is.
  readonly body: Readonly<Record<string, unknown>>;
}

export type Behaviour = (response: ServerResponse, asked: Asked) => void | Promise<void>;

/** An OpenAI-compatible upstream on loopback that does what a test tells it. */
export interface FakeProvider {
  readonly baseUrl: string;
  readonly asked: Asked[];
  behave: Behaviour;
  /** Requests that ended before their answer did. */
  readonly hungUp: () => number;
  readonly stop: () => Promise<void>;
}

export function completion(content: string, usage: object | null = { prompt_tokens: 1_000, completion_tokens: 500, total_tokens: 1_500 }): object {
  return { id: "c1", object: "chat.completion", model: "m", choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }], usage };
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Behaviour {
  return (response) => void response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

export function event(data: unknown): string {
  return `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
}

export function part(content: string): object {
  return { id: "c1", object: "chat.completion.chunk", choices: [{ index: 0, delta: { content }, finish_reason: null }], usage: null };
}

export const USAGE_PART = { id: "c1", object: "chat.completion.chunk", choices: [], usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 } };

export async function startFakeProvider(): Promise<FakeProvider> {
  const asked: Asked[] = [];
  let hungUp = 0;
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    response.once("close", () => (hungUp += response.writableFinished ? 0 : 1));
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const one = { path: request.url ?? "", headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) as Asked["body"] };
      asked.push(one);
      void fake.behave(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const fake: FakeProvider = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/openai/v1`,
    asked,
    behave: json(200, completion("hello")),
    hungUp: () => hungUp,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return fake;
}
