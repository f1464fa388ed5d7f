import { setTimeout as delay } from "node:timers/promises";

/** Waits until `check` gives something other than undefined or false; nothing when `timeoutMs` has passed first. */
export async function waitFor<T>(
  check: () => T | undefined | false | Promise<T | undefined | false>,
  options: { readonly timeoutMs: number; readonly everyMs: number; readonly signal?: AbortSignal },
): Promise<T | undefined> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const result = await check();
    if (result !== undefined && result !== false) return result;
    if (performance.now() >= deadline) return undefined;
    await delay(options.everyMs, undefined, { signal: options.signal });
  }
}

/** A signal that fires after `timeoutMs` or with `signal`, whichever is first. */
export function withTimeout(timeoutMs: number, signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
}
