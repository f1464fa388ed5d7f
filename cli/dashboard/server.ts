import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { UserError } from "../errors";
import type { DashboardState } from "./state";

/** The page, and its address. */
export interface DashboardServer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

const LOOPBACK = "127.0.0.1";
const MAX_CONNECTIONS = 64;
const REQUEST_TIMEOUT_MS = 5_000;

/** The page loads its own script and style and asks its own server; nothing else, from nowhere else. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
} as const;

interface Asset {
  readonly type: string;
  readonly file: string;
}

const ASSETS: Readonly<Record<string, Asset>> = {
  "/": { type: "text/html; charset=utf-8", file: "index.html" },
  "/page.css": { type: "text/css; charset=utf-8", file: "page.css" },
  "/page.mjs": { type: "text/javascript; charset=utf-8", file: "page.mjs" },
};

/**
 * Serves the page on loopback.
 *
 * @param port 0 for any that is free.
 * @throws UserError when the port is taken.
 */
export async function serveDashboard(port: number, state: () => Promise<DashboardState>): Promise<DashboardServer> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    answer(request, response, state).catch((error: unknown) => {
      if (!response.headersSent) respond(response, 500, "text/plain; charset=utf-8", `${error instanceof Error ? error.message : String(error)}\n`);
      else response.destroy();
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  const actual = await listen(server, port);
  return {
    url: `http://${LOOPBACK}:${actual}/`,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, LOOPBACK);
  try {
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new UserError(`--port is '${port}': it is taken; choose another, or leave it out for one that is free`, { cause: error });
  }
  return (server.address() as AddressInfo).port;
}

async function answer(request: IncomingMessage, response: ServerResponse, state: () => Promise<DashboardState>): Promise<void> {
  const { port } = request.socket.address() as AddressInfo;
  // A page of somebody else's whose name was made to lead here would send its own name.
  if (![`${LOOPBACK}:${port}`, `localhost:${port}`].includes(request.headers.host ?? "")) return respond(response, 421, "text/plain", "not this host\n");
  if (request.method !== "GET") return respond(response, 405, "text/plain", "GET only\n", { allow: "GET" });
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  if (path === "/state.json") return respond(response, 200, "application/json", JSON.stringify(await state()));
  // Browsers ask for it on their own account.
  if (path === "/favicon.ico") return respond(response, 204, "image/x-icon", "");
  const asset = Object.hasOwn(ASSETS, path) ? ASSETS[path] : undefined;
  if (asset === undefined) return respond(response, 404, "text/plain", "no such page\n");
  respond(response, 200, asset.type, readFileSync(join(__dirname, "page", asset.file), "utf8"));
}

function respond(response: ServerResponse, status: number, type: string, body: string, more: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { ...HEADERS, "content-type": type, ...more }).end(body);
}
