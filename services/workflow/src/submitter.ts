import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../kit/src";
import { DELETED_PER_ROUND, SUBMITTED_PER_ROUND, SUBMIT_EVERY_MS } from "../limits";
import { toStart } from "./execution";
import type { ExecutionRepository } from "./execution-repository";
import type { Orchestrator } from "./orchestrator";

export interface SubmitterArgs {
  readonly repository: ExecutionRepository;
  readonly orchestrator: Orchestrator;
  readonly logger: Logger;
  /** @default SUBMIT_EVERY_MS */
  readonly everyMs?: number;
}

/**
 * Hands accepted executions over that the orchestrator did not get, or has lost. Every replica does, because handing one
 * over twice changes nothing. Deletes old ones as well.
 */
export class Submitter {
  readonly #args: SubmitterArgs;

  constructor(args: SubmitterArgs) {
    this.#args = args;
  }

  /** Goes on until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { logger, everyMs = SUBMIT_EVERY_MS } = this.#args;
    while (!signal.aborted) {
      // Not all replicas at the same moment.
      await sleep(everyMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.round(signal);
      } catch (err) {
        if (!signal.aborted) logger.warn({ err }, "executions could not be handed over; trying again");
      }
    }
  }

  /** @returns how many were handed over */
  async round(signal: AbortSignal): Promise<number> {
    const { repository, orchestrator } = this.#args;
    const overdue = await repository.overdue(SUBMITTED_PER_ROUND, { signal });
    for (const execution of overdue) {
      await orchestrator.start(toStart(execution), { signal });
      await repository.submitted(execution.id, { signal });
    }
    await repository.deleteOld(DELETED_PER_ROUND, { signal });
    return overdue.length;
  }
}
