import { createHash } from "node:crypto";
import { canonicalJson } from "../json";
import type { AnyAnswer } from "../operation";
import type { Logger } from "../logger";
import { Problem, problem, toProblem } from "../problem";
import { MAX_KEPT_BYTES } from "./store";
import type { EndArgs, IdempotencyStore } from "./store";

export const IDEMPOTENCY_HEADER = "idempotency-key";
const KEY = /^[\x21-\x7e]{1,255}$/;
const RETRY_AFTER_S = "1";

export interface GuardedRequest {
  /** Operation id. */
  readonly scope: string;
  /** The request's `Idempotency-Key`. */
  readonly key: string | undefined;
  /** What is asked for: parameters and body. */
  readonly request: unknown;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/**
 * Does a request once for all repetitions that come with the same key, and gives each the same answer. Without a key it
 * is simply done.
 *
 * A request that fails with nothing done frees its key. One whose outcome is not known keeps it until the claim ends:
 * doing it again at once could do it twice.
 *
 * @throws Problem 400 malformed key, 409 the same request is being done, 422 the key came with another request.
 */
export async function once(store: IdempotencyStore, { scope, key, request, signal, log }: GuardedRequest, work: () => Promise<AnyAnswer>): Promise<AnyAnswer> {
  if (key === undefined) return work();
  if (!KEY.test(key)) {
    const detail = "must be 1 to 255 visible ASCII characters";
    throw problem("invalid-request", `header '${IDEMPOTENCY_HEADER}' ${detail}`, { violations: [{ in: "header", pointer: IDEMPOTENCY_HEADER, detail }] });
  }
  const fingerprint = createHash("sha256").update(canonicalJson(request)).digest("hex");
  const begun = await store.begin({ scope, key, fingerprint, signal });
  switch (begun.state) {
    case "done":
      return { ...begun.answer, headers: { ...begun.answer.headers, "idempotency-replayed": "true" } };
    case "in-progress":
      throw problem("conflict", `a request with this '${IDEMPOTENCY_HEADER}' is being worked on; try again later`, { headers: { "retry-after": RETRY_AFTER_S } });
    case "reused":
      throw new Problem({
        code: "idempotency-key-reused", status: 422, title: "The idempotency key was used for another request",
        detail: `this '${IDEMPOTENCY_HEADER}' came with another request before; use a new key for a new request`,
      });
    case "fresh":
      return finished(store, { scope, key, fingerprint, claim: begun.claim }, log, work);
  }
}

async function finished(store: IdempotencyStore, end: EndArgs, log: Logger, work: () => Promise<AnyAnswer>): Promise<AnyAnswer> {
  // What fails here must not take the answer away that was earned; the claim ends by itself.
  const tell = (err: unknown): void => log.warn({ err, operation: end.scope }, "an idempotency key could not be updated; it is blocked until its claim ends");
  let answer: AnyAnswer;
  try {
    answer = await work();
  } catch (error) {
    if (!mayHaveDoneIt(error)) await store.abandon(end).catch(tell);
    throw error;
  }
  const { status, headers, body } = answer;
  const kept = { status, ...(headers === undefined ? {} : { headers }), ...(body === undefined ? {} : { body }) };
  if (Buffer.byteLength(JSON.stringify(kept)) > MAX_KEPT_BYTES) await store.abandon(end).catch(tell);
  else await store.finish(end, kept).catch(tell);
  return answer;
}

/** An error that nobody foresaw may come from after the work as well as from before. */
function mayHaveDoneIt(error: unknown): boolean {
  if (error instanceof Problem) return error.status === 504 || (error.cause !== undefined && mayHaveDoneIt(error.cause));
  const applied: unknown = error instanceof Error ? Reflect.get(error, "applied") : undefined;
  return applied === "unknown" || (applied === undefined && toProblem(error).status === 500);
}
