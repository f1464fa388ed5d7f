import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export interface Backend {
  readonly port: number;
  readonly adminPort: number;
}

const PROBE_INTERVAL_MS = 20;

/**
 * What stands before a service in production: it keeps connections alive, probes readiness, and sends new requests
 * to backends that were ready at the last probe. It never retries, so a dropped request shows.
 */
export class Balancer {
  readonly #backends: readonly { readonly backend: Backend; readonly agent: Agent; ready: boolean }[];
  #next = 0;
  #stopped = false;

  constructor(backends: readonly Backend[], connections: number) {
    this.#backends = backends.map((backend) => ({ backend, agent: new Agent({ keepAlive: true, maxSockets: connections }), ready: true }));
  }

  async probe(): Promise<void> {
    while (!this.#stopped) {
      for (const each of this.#backends) {
        const status = await this.#send(each.agent, each.backend.adminPort, "/readyz").catch(() => 0);
        each.ready = status === 200;
      }
      await sleep(PROBE_INTERVAL_MS);
    }
  }

  /** Status of the answer. Rejects when the connection failed. */
  get(path: string): Promise<number> {
    const ready = this.#backends.filter((each) => each.ready);
    const chosen = ready[this.#next++ % ready.length];
    if (chosen === undefined) throw new Error("no backend is ready");
    return this.#send(chosen.agent, chosen.backend.port, path);
  }

  stop(): void {
    this.#stopped = true;
    for (const { agent } of this.#backends) agent.destroy();
  }

  #send(agent: Agent, port: number, path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const sent = request({ agent, host: "127.0.0.1", port, path }, (response) => {
        response.resume();
        response.once("end", () => resolve(response.statusCode ?? 0));
        response.once("error", reject);
      });
      sent.once("error", reject);
      sent.end();
    });
  }
}
