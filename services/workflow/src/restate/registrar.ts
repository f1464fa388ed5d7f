import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../../kit/src";
import { REGISTER_DEADLINE_MS, REGISTER_EVERY_MS } from "../../limits";
import { HANDLERS_NAME } from "./handlers";

export interface RegistrarArgs {
  readonly adminUrl: string;
  /** Where Restate reaches the handlers. */
  readonly handlersUrl: string;
  readonly logger: Logger;
  /** @default REGISTER_EVERY_MS */
  readonly everyMs?: number;
}

/**
 * Tells Restate where the handlers are: at the start, and again when Restate does not know them any more, as after it
 * was rebuilt.
 *
 * Readiness does not wait for this: Restate has to reach the handlers through the Service, which has only ready pods.
 */
export class Registrar {
  readonly #args: RegistrarArgs;
  #registered = false;

  constructor(args: RegistrarArgs) {
    this.#args = args;
  }

  /** Whether Restate knew the handlers when it was last asked. */
  get registered(): boolean {
    return this.#registered;
  }

  /** Goes on until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { logger, everyMs = REGISTER_EVERY_MS } = this.#args;
    let told = false;
    for (let first = true; !signal.aborted; ) {
      try {
        if (first || !(await this.#known(signal))) {
          this.#registered = false;
          await this.#register(signal);
          logger.info({ handlersUrl: this.#args.handlersUrl }, "Restate knows the handlers");
          first = false;
        }
        this.#registered = true;
        told = false;
      } catch (err) {
        this.#registered = false;
        // Once for each time that it stops to work, and not for each attempt.
        if (!told && !signal.aborted) logger.warn({ err }, "Restate cannot be told of the handlers yet; trying again");
        told = true;
      }
      await sleep(this.#registered ? everyMs : Math.min(everyMs, 1_000), undefined, { signal }).catch(() => undefined);
    }
  }

  async #known(signal: AbortSignal): Promise<boolean> {
    const { status } = await this.#ask("GET", `/services/${encodeURIComponent(HANDLERS_NAME)}`, undefined, signal);
    if (status !== 200 && status !== 404) throw new Error(`Restate answered ${status} when asked for '${HANDLERS_NAME}'`);
    return status === 200;
  }

  /** Replaces what was registered under the same address, such as an older version of this service. */
  async #register(signal: AbortSignal): Promise<void> {
    const { status, text } = await this.#ask("POST", "/deployments", { uri: this.#args.handlersUrl, force: true }, signal);
    if (status >= 300) throw new Error(`Restate answered ${status} to the registration of '${this.#args.handlersUrl}': ${text}`);
  }

  async #ask(method: string, path: string, body: unknown, signal: AbortSignal): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`${this.#args.adminUrl}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(REGISTER_DEADLINE_MS)]),
    });
    return { status: response.status, text: await response.text() };
  }
}
