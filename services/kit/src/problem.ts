import { CallError, UpstreamProblem } from "./client/errors";
import { EtcdError } from "./etcd/errors";
import type { ProblemDocument, Violation } from "./problem-document";
import { StoreError } from "./store-error";

export { PROBLEM_MEDIA_TYPE } from "./problem-document";
export type { ProblemDocument, Violation } from "./problem-document";

/** Problems that any service can answer with. A service adds its own through `new Problem({ code, status, ... })`. */
const CATALOGUE = {
  "invalid-request": { status: 400, title: "The request does not fit the published schema" },
  "malformed-request": { status: 400, title: "The request cannot be read" },
  "route-not-found": { status: 404, title: "There is nothing at this path" },
  "not-found": { status: 404, title: "There is no such resource" },
  "method-not-allowed": { status: 405, title: "This path does not support this method" },
  "request-timeout": { status: 408, title: "The request did not arrive in time" },
  conflict: { status: 409, title: "The request does not fit the present state of the resource" },
  "precondition-failed": { status: 412, title: "The resource has changed" },
  "body-too-large": { status: 413, title: "The request body is too large" },
  "unsupported-media-type": { status: 415, title: "The media type of the request body is not supported" },
  "rate-limited": { status: 429, title: "There were too many requests" },
  "headers-too-large": { status: 431, title: "The request headers are too large" },
  internal: { status: 500, title: "The service failed" },
  "not-built": { status: 501, title: "This operation is published and not built yet" },
  unavailable: { status: 503, title: "The service cannot answer now" },
  "deadline-exceeded": { status: 504, title: "The request was not finished in time" },
} as const;

export type CommonCode = keyof typeof CATALOGUE;

export interface ProblemArgs {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  /** What is wrong with this very request, and the way out. Safe to show to the caller. */
  readonly detail: string;
  readonly violations?: readonly Violation[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the document. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An error with a stable code that is meant to be seen by the caller. */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly violations: readonly Violation[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(args: ProblemArgs) {
    super(`${args.code}: ${args.detail}`, args.cause === undefined ? undefined : { cause: args.cause });
    this.name = "Problem";
    this.code = args.code;
    this.status = args.status;
    this.title = args.title;
    this.detail = args.detail;
    this.violations = args.violations;
    this.headers = args.headers ?? {};
    this.extensions = args.extensions ?? {};
  }

  document(request: { readonly instance?: string; readonly traceId?: string } = {}): ProblemDocument {
    return {
      ...this.extensions,
      type: `urn:agentic-flow:problem:${this.code}`,
      title: this.title,
      status: this.status,
      detail: this.detail,
      ...(request.instance === undefined ? {} : { instance: request.instance }),
      code: this.code,
      ...(request.traceId === undefined ? {} : { traceId: request.traceId }),
      ...(this.violations === undefined ? {} : { violations: this.violations }),
    };
  }
}

/** A problem of the common catalogue. */
export function problem(
  code: CommonCode,
  detail: string,
  more: Pick<ProblemArgs, "violations" | "headers" | "extensions" | "cause"> = {},
): Problem {
  return new Problem({ code, ...CATALOGUE[code], detail, ...more });
}

/** Seconds after which a caller may try again when the service could not answer. */
const RETRY_AFTER_S = "1";

/**
 * The one way from anything that was thrown to what a caller sees.
 *
 * Only texts written for callers get through: the text of an unexpected error stays in the log, as `cause`.
 */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof EtcdError) return fromEtcd(thrown);
  if (thrown instanceof StoreError) return fromStore(thrown);
  if (thrown instanceof CallError) return fromCall(thrown);
  const code = stringProperty(thrown, "code");
  const known = code === undefined ? undefined : FRAMEWORK_ERRORS[code];
  if (known !== undefined) return known(thrown);
  const status = numberProperty(thrown, "statusCode");
  if (status === 413) return problem("body-too-large", "the body is larger than this service accepts", { cause: thrown });
  if (status === 415) return problem("unsupported-media-type", "send 'application/json'", { cause: thrown });
  if (status !== undefined && status >= 400 && status < 500) {
    return problem("malformed-request", messageOf(thrown), { cause: thrown });
  }
  return problem("internal", "an unexpected error was logged under this trace id", { cause: thrown });
}

function fromEtcd(error: EtcdError): Problem {
  const headers = { "retry-after": RETRY_AFTER_S };
  switch (error.code) {
    case "unavailable":
      return problem("unavailable", "the store cannot be reached; try again", { headers, cause: error });
    case "deadline":
      return problem("deadline-exceeded", "the store did not answer in time; a change may have been made or not, read it to find out", {
        headers,
        cause: error,
      });
    case "cancelled":
      return problem("unavailable", "the request was given up before the store answered; try again", { headers, cause: error });
    case "compare-failed":
    case "compacted":
    case "lease-not-found":
    case "rejected":
      return problem("internal", "an unexpected error was logged under this trace id", { cause: error });
  }
}

function fromStore(error: StoreError): Problem {
  const headers = { "retry-after": RETRY_AFTER_S };
  switch (error.code) {
    case "unavailable":
      return problem("unavailable", "the store cannot be reached; try again", { headers, cause: error });
    case "conflict":
      return problem("unavailable", "other requests were in the way and nothing was changed; try again", { headers, cause: error });
    case "cancelled":
      return problem("unavailable", "the request was given up before the store answered; try again", { headers, cause: error });
    case "deadline":
      return problem("deadline-exceeded", "the store did not answer in time; a change may have been made or not, read it to find out", {
        headers,
        cause: error,
      });
    case "unique-violation":
      return problem("conflict", "there is such a resource already", { cause: error });
    case "rejected":
      return problem("internal", "an unexpected error was logged under this trace id", { cause: error });
  }
}

/** What another service answered is its business with this one; callers only learn whether to try again. */
function fromCall(error: CallError): Problem {
  const headers = { "retry-after": RETRY_AFTER_S };
  if (error instanceof UpstreamProblem && error.status !== 429) {
    return problem("internal", "an unexpected error was logged under this trace id", { cause: error });
  }
  if (error.code === "upstream-deadline-exceeded") {
    return problem("deadline-exceeded", `the '${error.service}' service did not answer in time; a change may have been made or not`, { headers, cause: error });
  }
  return problem("unavailable", `the '${error.service}' service cannot be used now; try again`, { headers, cause: error });
}

/** Errors of the HTTP framework that have a meaning of their own, by their stable code. */
const FRAMEWORK_ERRORS: Readonly<Record<string, (thrown: unknown) => Problem>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: (cause) =>
    problem("unsupported-media-type", "the body has to be JSON; send the header 'content-type: application/json'", { cause }),
  FST_ERR_CTP_BODY_TOO_LARGE: (cause) => problem("body-too-large", "the body is larger than this service accepts", { cause }),
  FST_ERR_CTP_INVALID_JSON_BODY: (cause) => problem("malformed-request", "the body is not valid JSON", { cause }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: (cause) =>
    problem("malformed-request", "the body is not as long as 'content-length' says", { cause }),
  FST_ERR_BAD_URL: (cause) => problem("malformed-request", "the path is not valid percent-encoding", { cause }),
  FST_ERR_MAX_PARAM_LENGTH: (cause) => problem("route-not-found", "a part of the path is longer than anything stored here", { cause }),
};

function stringProperty(value: unknown, name: string): string | undefined {
  const found: unknown = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  return typeof found === "string" ? found : undefined;
}

function numberProperty(value: unknown, name: string): number | undefined {
  const found: unknown = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  return typeof found === "number" ? found : undefined;
}

function messageOf(value: unknown): string {
  return value instanceof Error ? value.message : String(value);
}
