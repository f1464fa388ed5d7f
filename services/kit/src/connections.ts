import type { Server } from "node:http";
import { Server as NetServer } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** An idle connection that was silent this long is taken to be abandoned, and may be closed during a drain. */
const QUIET_MS = 1_000;
const POLL_MS = 25;

interface Use {
  requests: number;
  lastUsedAt: number;
}

/**
 * Knows what every connection of a server is doing, so that the server can end without cutting anybody off.
 *
 * Node's own `close()` shuts idle keep-alive connections at once, and a request that is just under way on one of
 * them is lost. Here a connection is ended by its next answer (`connection: close`), or when it has long been quiet.
 */
export class Connections {
  readonly #server: Server;
  readonly #sockets = new Map<Socket, Use>();

  constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket: Socket) => {
      this.#sockets.set(socket, { requests: 0, lastUsedAt: performance.now() });
      socket.once("close", () => this.#sockets.delete(socket));
    });
    server.on("request", (request, response) => {
      const use = this.#sockets.get(request.socket);
      if (use === undefined) return;
      use.requests += 1;
      response.once("close", () => {
        use.requests -= 1;
        use.lastUsedAt = performance.now();
      });
    });
  }

  get open(): number {
    return this.#sockets.size;
  }

  get requestsInFlight(): number {
    return [...this.#sockets.values()].reduce((sum, { requests }) => sum + requests, 0);
  }

  /** No new connections from now on; those that are open stay. */
  stopAccepting(): void {
    if (this.#server.listening) NetServer.prototype.close.call(this.#server);
  }

  /**
   * Waits until every connection is gone or quiet, and closes the quiet ones.
   *
   * @returns how many requests were still in flight when the deadline was reached; those were cut off.
   */
  async finish(deadlineMs: number): Promise<number> {
    const until = performance.now() + deadlineMs;
    while (this.#sockets.size > 0 && performance.now() < until) {
      const now = performance.now();
      const busy = [...this.#sockets.values()].some(({ requests, lastUsedAt }) => requests > 0 || now - lastUsedAt < QUIET_MS);
      if (!busy) break;
      await sleep(POLL_MS);
    }
    const cutOff = this.requestsInFlight;
    const closing = [...this.#sockets.keys()].map((socket) => new Promise((resolve) => socket.once("close", resolve)));
    for (const socket of this.#sockets.keys()) socket.destroy();
    // Handlers learn of the end by the 'close' of their connection, and should before what they stand on is closed.
    await Promise.all(closing);
    return cutOff;
  }
}
