import { setTimeout as sleep } from "node:timers/promises";
import type { Dependency } from "../health";
import type { Logger } from "../logger";
import { textOf } from "../store-error";
import { MigrationError, migrate } from "./migrations";
import type { MigrateArgs } from "./migrations";

const FIRST_PAUSE_MS = 250;
const LARGEST_PAUSE_MS = 5_000;

/**
 * Brings a schema up to date at the start of a service, and waits for a database that is not there yet. Until that is
 * done the service is not ready, and says why.
 */
export class Migrator {
  readonly #args: MigrateArgs;
  readonly #logger: Logger;
  #reason: string | undefined = "the schema is not up to date yet";

  constructor(args: MigrateArgs) {
    this.#args = args;
    this.#logger = args.logger;
  }

  /** What readiness reflects. */
  get dependency(): Dependency {
    const check = (): Promise<void> => (this.#reason === undefined ? Promise.resolve() : Promise.reject(new Error(this.#reason)));
    return { name: "migrations", deadlineMs: 1_000, check };
  }

  /** Ends when the schema is up to date, trying again is of no use, or the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(LARGEST_PAUSE_MS, pauseMs * 2)) {
      try {
        await migrate({ ...this.#args, signal });
        this.#reason = undefined;
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#reason = textOf(error);
        if (error instanceof MigrationError) {
          this.#logger.error({ err: error }, "the schema cannot be brought up to date; the service stays out of service");
          return;
        }
        this.#logger.warn({ err: error }, "the schema is not up to date yet; trying again");
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
