/** An answer that is kept, to be given again. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What a key stands for when a request comes with it. */
export type Begun =
  /** Nobody used it: the request is to be done now. `claim` proves to the store that it is still ours. */
  | { readonly state: "fresh"; readonly claim: string }
  /** A request with the same key is being done. */
  | { readonly state: "in-progress" }
  | { readonly state: "done"; readonly answer: KeptAnswer }
  /** It came with another request before. */
  | { readonly state: "reused" };

export interface KeyOf {
  /** Operation that the key belongs to: the same key may be used for another one. */
  readonly scope: string;
  readonly key: string;
}

export interface BeginArgs extends KeyOf {
  /** Hash of what is asked for. */
  readonly fingerprint: string;
  readonly signal: AbortSignal;
}

export interface EndArgs extends KeyOf {
  readonly fingerprint: string;
  readonly claim: string;
}

/** Least time that a claim holds. */
const LEAST_CLAIM_S = 60;
/** A claim outlasts its request by this: an answer is kept after its request has ended. */
const CLAIM_RESERVE_S = 15;

/** How long a claim holds whose process died, in seconds: then the request may be done again. Longer than any request of the service takes. */
export function claimSeconds(requestTimeoutMs: number): number {
  return Math.max(LEAST_CLAIM_S, Math.ceil(requestTimeoutMs / 1000) + CLAIM_RESERVE_S);
}

/** How long an answer is kept. */
export const KEPT_S = 24 * 60 * 60;
/** A larger answer is not kept: the key is then good for nothing but one request at a time. */
export const MAX_KEPT_BYTES = 64 * 1024;

/** Where the answers to requests with an `Idempotency-Key` are kept, for all replicas of a service. */
export interface IdempotencyStore {
  begin(args: BeginArgs): Promise<Begun>;
  /** Keeps the answer, if the claim still holds. */
  finish(args: EndArgs, answer: KeptAnswer): Promise<void>;
  /** Frees the key: nothing was done. */
  abandon(args: EndArgs): Promise<void>;
}

/** What stores write: a claim, or an answer. */
export interface Kept {
  readonly fingerprint: string;
  readonly claim: string;
  readonly answer?: KeptAnswer;
}

export function begunFrom(kept: Kept, fingerprint: string): Begun {
  if (kept.fingerprint !== fingerprint) return { state: "reused" };
  return kept.answer === undefined ? { state: "in-progress" } : { state: "done", answer: kept.answer };
}
