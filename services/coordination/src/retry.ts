import { setTimeout as sleep } from "node:timers/promises";
import { problem } from "../../kit/src";
import { MAX_ATTEMPT_PAUSE_MS, MAX_CHANGE_ATTEMPTS } from "../limits";
import type { Options } from "./options";

/**
 * Makes a change that somebody else's change can be in the way of, from its start each time.
 *
 * @param attempt undefined: somebody was faster.
 * @throws Problem 503 after the last attempt; whatever `attempt` throws.
 */
export async function untilMade<T>(what: string, attempt: () => Promise<T | undefined>, { signal }: Options): Promise<T> {
  for (let count = 0; count < MAX_CHANGE_ATTEMPTS; count += 1) {
    const made = await attempt();
    if (made !== undefined) return made;
    await sleep(Math.random() * MAX_ATTEMPT_PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
  throw problem("unavailable", `${what} was changed by others ${MAX_CHANGE_ATTEMPTS} times meanwhile; try again`, { headers: { "retry-after": "1" } });
}
