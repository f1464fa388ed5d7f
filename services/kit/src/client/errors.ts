import type { ProblemDocument } from "../problem-document";

export interface CallErrorArgs {
  /** Name of the service that was called. */
  readonly service: string;
  readonly operation: string;
  /** Whether the operation may have been done all the same. */
  readonly applied: "no" | "unknown";
  readonly cause?: unknown;
}

/** What a client of another service throws; one of the classes below. */
export abstract class CallError extends Error {
  abstract readonly code: string;
  readonly service: string;
  readonly operation: string;
  readonly applied: "no" | "unknown";

  protected constructor(text: string, { service, operation, applied, cause }: CallErrorArgs) {
    super(`${service} ${operation}: ${text}`, cause === undefined ? undefined : { cause });
    this.service = service;
    this.operation = operation;
    this.applied = applied;
  }
}

/** The other service answered, and with an error. */
export class UpstreamProblem extends CallError {
  override readonly name = "UpstreamProblem";
  readonly status: number;
  /** Stable code of the problem; `unexpected-answer` when the answer is nothing the contract knows. */
  readonly code: string;
  readonly document: ProblemDocument;

  constructor(document: ProblemDocument, args: CallErrorArgs) {
    super(`answered ${document.status} ${document.code}: ${document.detail}`, args);
    this.status = document.status;
    this.code = document.code;
    this.document = document;
  }
}

/** No answer could be had; the same call may work later. */
export class UpstreamUnavailable extends CallError {
  override readonly name = "UpstreamUnavailable";
  readonly code = "upstream-unavailable";
  readonly retryable = true;
  /** How long the other side asks to be left alone. */
  readonly retryAfterMs: number | undefined;
  /** 502, 503 or 504. Undefined: there was no answer. */
  readonly status: number | undefined;

  constructor(text: string, args: CallErrorArgs & { readonly retryAfterMs?: number | undefined; readonly status?: number }) {
    super(text, args);
    this.retryAfterMs = args.retryAfterMs;
    this.status = args.status;
  }
}

/** The answer did not come before the deadline of the call, or of the request it was made for. */
export class DeadlineExceeded extends CallError {
  override readonly name = "DeadlineExceeded";
  readonly code = "upstream-deadline-exceeded";

  constructor(text: string, args: CallErrorArgs) {
    super(text, args);
  }
}

/** Nothing was sent, because the last calls failed; after a while one is let through to see. */
export class CircuitOpen extends CallError {
  override readonly name = "CircuitOpen";
  readonly code = "circuit-open";

  constructor(text: string, args: CallErrorArgs) {
    super(text, args);
  }
}

/** The caller's own signal was aborted. */
export class CallCancelled extends CallError {
  override readonly name = "CallCancelled";
  readonly code = "cancelled";

  constructor(text: string, args: CallErrorArgs) {
    super(text, args);
  }
}
