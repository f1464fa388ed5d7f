/**
 * Why a provider did not serve a call that another one might serve.
 * - `unreachable`, `timeout`, `server-error`, `bad-answer`: it fails
 * - `refused`: it does not know our key, or the model
 * - `busy`: it asks for time
 * - `out`: it failed so often that it was not asked
 */
export type FailureReason = "unreachable" | "timeout" | "server-error" | "bad-answer" | "refused" | "busy" | "out";

export class ProviderFailure extends Error {
  readonly provider: string;
  readonly reason: FailureReason;
  /** Milliseconds after which it may be asked again. */
  readonly retryAfterMs: number | undefined;

  constructor(provider: string, reason: FailureReason, text: string, more: { readonly retryAfterMs?: number; readonly cause?: unknown } = {}) {
    super(`provider '${provider}' ${text}`, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = "ProviderFailure";
    this.provider = provider;
    this.reason = reason;
    this.retryAfterMs = more.retryAfterMs;
  }

  /** Whether it says something about the provider's health. */
  get counts(): boolean {
    return this.reason !== "busy" && this.reason !== "out";
  }
}
