import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../errors";
import type { KubernetesClient } from "../kubernetes/client";

/** All is looked at again this often, whatever the watches say. */
const resyncMs = 30_000;
const retryMs = 1_000;

export interface Controller {
  readonly name: string;
  /** Kinds whose changes start a round. */
  readonly watches: readonly { readonly apiVersion: string; readonly kind: string }[];
  /** Brings the world to what is asked for; safe to run at any time, any number of times. */
  reconcile(signal: AbortSignal): Promise<void>;
}

/** Runs rounds of a controller, one at a time, until `signal` fires. */
export async function runController(controller: Controller, client: KubernetesClient, signal: AbortSignal, report: (line: string) => void): Promise<void> {
  const bell = new Bell();
  const watches = controller.watches.map(({ apiVersion, kind }) => keepWatching(client, apiVersion, kind, bell, signal));
  while (!signal.aborted) {
    const failed = await attempt(controller, signal, report);
    await bell.wait(failed ? retryMs : resyncMs, signal);
  }
  await Promise.all(watches);
}

async function attempt(controller: Controller, signal: AbortSignal, report: (line: string) => void): Promise<boolean> {
  try {
    await controller.reconcile(signal);
    return false;
  } catch (error) {
    if (!signal.aborted) report(`${controller.name}: ${messageOf(error)}`);
    return true;
  }
}

async function keepWatching(client: KubernetesClient, apiVersion: string, kind: string, bell: Bell, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await client.watch(apiVersion, kind, () => bell.ring(), signal);
    } catch {
      // The API server restarts or is slow; the resync covers what is missed meanwhile.
      await delay(retryMs, undefined, { signal }).catch(() => undefined);
    }
    bell.ring();
  }
}

/** Remembers that it rang, so that a change during a round starts another one. */
class Bell {
  #rang = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rang = true;
    this.#wake?.();
  }

  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#rang) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener("abort", this.#wake, { once: true });
      });
      if (this.#wake !== undefined) signal.removeEventListener("abort", this.#wake);
      this.#wake = undefined;
    }
    this.#rang = false;
  }
}
