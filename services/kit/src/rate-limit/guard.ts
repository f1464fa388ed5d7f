import type { IncomingHttpHeaders } from "node:http";
import { problem } from "../problem";
import type { Rate, RateLimiter, Verdict } from "./limiter";

/** Who calls: the agent that the request is made for, else the address that the edge saw. */
export function callerOf(headers: IncomingHttpHeaders, address: string): string {
  const agent = headers["x-agent-id"];
  if (typeof agent === "string" && agent !== "") return `agent ${agent.slice(0, MAX_CALLER_LENGTH)}`;
  const forwarded = headers["x-forwarded-for"];
  // The edge adds the address it saw at the end; what stands before came from the caller, who may write anything.
  const seen = (typeof forwarded === "string" ? forwarded : "").split(",").at(-1)?.trim();
  return `address ${seen === undefined || seen === "" ? address : seen.slice(0, MAX_CALLER_LENGTH)}`;
}

const MAX_CALLER_LENGTH = 128;

/**
 * Counts a request against its caller's limit.
 *
 * @returns headers of the answer that tell the caller where it stands (draft-ietf-httpapi-ratelimit-headers).
 * @throws Problem 429 with `Retry-After` when there were too many.
 */
export async function admit(limiter: RateLimiter, operation: string, caller: string, rate: Rate): Promise<Readonly<Record<string, string>>> {
  const verdict = await limiter.take(`${operation} ${caller}`, rate);
  const headers = headersOf(operation, rate, verdict);
  if (verdict.allowed) return headers;
  const detail = `'${operation}' is limited to ${rate.perSecond} requests a second with bursts of ${rate.burst}, and ${caller} made more`;
  throw problem("rate-limited", detail, { headers: { ...headers, "retry-after": String(Math.max(1, wholeSeconds(verdict.retryAfterMs))) } });
}

function headersOf(operation: string, { perSecond, burst }: Rate, { remaining, resetMs }: Verdict): Record<string, string> {
  return {
    "ratelimit-policy": `"${operation}";q=${burst};w=${Math.max(1, Math.ceil(burst / perSecond))}`,
    ratelimit: `"${operation}";r=${remaining};t=${wholeSeconds(resetMs)}`,
  };
}

/** Rounded up, but not for a fraction of a millisecond. */
function wholeSeconds(ms: number): number {
  return Math.ceil(Math.round(ms) / 1000);
}
