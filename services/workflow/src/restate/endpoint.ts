import { createEndpointHandler } from "@restatedev/restate-sdk";
import type { LogMetadata } from "@restatedev/restate-sdk";
import { createServer } from "node:http2";
import type { ServerHttp2Session } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../../kit/src";
import { HANDLERS_CLOSE_MS } from "../../limits";
import type { ExecutionHandlers } from "./handlers";

export interface EndpointArgs {
  readonly handlers: ExecutionHandlers;
  readonly port: number;
  /** @default every interface */
  readonly host?: string;
  readonly logger: Logger;
}

/**
 * Listens for Restate, in HTTP/2 without TLS. The platform's network policy lets Restate in and nobody else.
 *
 * @returns how to end it: what is under way is cut off after a while, and done again elsewhere.
 * @throws Error when the port is taken.
 */
export async function serveHandlers({ handlers, port, host = "0.0.0.0", logger }: EndpointArgs): Promise<() => Promise<void>> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer(createEndpointHandler({ services: [handlers], logger: (meta, ...text) => logTo(logger, meta, text) }));
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    // A broken connection is Restate's to open again; without a listener it would end the process.
    session.on("error", (err) => logger.debug({ err }, "a connection of Restate broke"));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: Error) => reject(new Error(`'handlersPort' (${port}) cannot be listened on: ${cause.message}; choose another port or end the process that has it`, { cause })));
    server.listen({ port, host }, resolve);
  });
  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const session of sessions) session.close();
    await Promise.race([closed, sleep(HANDLERS_CLOSE_MS, undefined, { ref: false })]);
    for (const session of sessions) session.destroy();
    await closed;
  };
}

/** The library's lines; what it says about single invocations is for those who look closely. */
function logTo(logger: Logger, { level, context }: LogMetadata, text: readonly unknown[]): void {
  const invocation = context?.invocationId;
  const line = text.map((each) => (each instanceof Error ? each.message : typeof each === "string" ? each : JSON.stringify(each))).join(" ");
  const severity: string = level;
  if (severity === "error") logger.error({ invocation }, line);
  else if (severity === "warn") logger.warn({ invocation }, line);
  else logger.debug({ invocation }, line);
}
