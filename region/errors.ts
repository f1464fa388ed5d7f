/** What kind of thing went wrong, for callers that decide by it. */
export type RegionErrorCode =
  | "bad-input"
  | "prerequisite"
  | "port-in-use"
  | "disk-full"
  | "busy"
  | "different-settings"
  | "start-failed"
  | "stop-failed"
  | "not-running"
  | "kubeconfig"
  | "command-failed"
  | "api";

/** A failure that its reader can mend; `problems` are whole sentences, each with its way out. */
export class RegionError extends Error {
  readonly code: RegionErrorCode;
  readonly problems: readonly string[];

  constructor(code: RegionErrorCode, problems: string | readonly string[], options: { readonly cause?: unknown } = {}) {
    const list = typeof problems === "string" ? [problems] : problems;
    super(list.join("\n"), { cause: options.cause });
    this.name = "RegionError";
    this.code = code;
    this.problems = list;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a system error such as ENOENT, if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
