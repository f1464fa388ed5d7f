import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../../kit/src";
import type { Postgres } from "../../kit/src/postgres";
import { SWEEP_BATCH, SWEEP_EVERY_MS } from "../limits";

/** Deletes one batch of expired items, unless another replica is at it. @returns how many. */
export async function sweep(postgres: Postgres, signal?: AbortSignal): Promise<number> {
  return postgres.transaction(
    async ({ query }) => {
      const { rows } = await query<{ mine: boolean }>("select pg_try_advisory_xact_lock(hashtextextended('memory sweep', 0)) as mine");
      if (rows[0]?.mine !== true) return 0;
      // One that a writer holds at this moment is left for the next time.
      const { count } = await query(
        "delete from item where id in (select id from item where expires_at <= now() order by expires_at limit $1 for update skip locked)",
        [SWEEP_BATCH],
      );
      return count;
    },
    { signal },
  );
}

/** Sweeps until its signal is aborted. A database that is gone is tried again. */
export async function keepSweeping(postgres: Postgres, logger: Logger, signal: AbortSignal): Promise<void> {
  let pause = true;
  while (!signal.aborted) {
    // First of all, too: the table may not be there yet when the service starts.
    if (pause) await sleep(SWEEP_EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const swept = await sweep(postgres, signal).catch((error: unknown) => {
      if (!signal.aborted) logger.warn({ err: error }, "expired items were not deleted; trying again");
      return 0;
    });
    if (swept > 0) logger.info({ swept }, "expired items deleted");
    pause = swept < SWEEP_BATCH;
  }
}
