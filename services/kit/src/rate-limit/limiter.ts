/** A token bucket: so many requests a second in the long run, and `burst` of them at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface Verdict {
  readonly allowed: boolean;
  /** Requests that may still be made at once. */
  readonly remaining: number;
  /** Until the bucket is full again. */
  readonly resetMs: number;
  /** Until the next request is allowed; 0 when this one is. */
  readonly retryAfterMs: number;
}

export interface RateLimiter {
  /** @param key one caller of one operation */
  take(key: string, rate: Rate): Promise<Verdict>;
}

/**
 * The bucket as one number: the moment at which it will be full (the generic cell rate algorithm). Undefined: full.
 *
 * @returns that moment after this request, and whether the request is allowed.
 */
export function takeFrom(fullAtMs: number | undefined, nowMs: number, { perSecond, burst }: Rate): Verdict & { readonly fullAtMs: number } {
  const perRequestMs = 1000 / perSecond;
  const capacityMs = burst * perRequestMs;
  const from = Math.max(fullAtMs ?? nowMs, nowMs);
  const next = from + perRequestMs;
  const allowed = next - nowMs <= capacityMs + 1e-6;
  const until = allowed ? next : from;
  const remaining = Math.max(0, Math.floor((capacityMs - (until - nowMs)) / perRequestMs + 1e-6));
  return { allowed, fullAtMs: until, remaining, resetMs: until - nowMs, retryAfterMs: allowed ? 0 : next - nowMs - capacityMs };
}
