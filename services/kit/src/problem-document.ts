/** One rule of the published schema that a request broke. */
export interface Violation {
  readonly in: "body" | "query" | "path" | "header";
  /** JSON pointer into the body, or the name of the parameter. Empty: the whole body. */
  readonly pointer: string;
  readonly detail: string;
}

/** What callers see of an error: RFC 9457, `application/problem+json`. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Path of the request that failed. */
  readonly instance?: string;
  /** Stable; programs decide on this and never on the texts. */
  readonly code: string;
  readonly traceId?: string;
  readonly violations?: readonly Violation[];
  readonly [extension: string]: unknown;
}

export const PROBLEM_MEDIA_TYPE = "application/problem+json";
