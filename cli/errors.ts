/**
 * A failure that the user can mend: printed as it is, without a stack trace, and the command ends with `exitCode`.
 *
 * `problems` are all that is wrong, each one sentence with the way out in it.
 */
export class UserError extends Error {
  readonly problems: readonly string[];
  readonly exitCode: number;

  constructor(problems: string | readonly string[], options: { readonly exitCode?: number; readonly cause?: unknown } = {}) {
    const list = typeof problems === "string" ? [problems] : problems;
    super(list.join("\n"), { cause: options.cause });
    this.name = "UserError";
    this.problems = list;
    this.exitCode = options.exitCode ?? 1;
  }
}

/** Exit code of a command line that cannot be understood, as shells have it. */
export const usageExitCode = 2;

/** The text a failure is shown as: every problem on a line of its own. */
export function renderError(error: unknown, debug = false): string {
  const problems = problemsOf(error);
  if (problems !== undefined && !debug) {
    if (problems.length === 1) return `error: ${problems[0] ?? ""}`;
    return [`error: ${problems.length} things are wrong:`, ...problems.map((problem) => `  - ${problem}`)].join("\n");
  }
  if (error instanceof Error) return `error: ${debug ? (error.stack ?? error.message) : error.message}`;
  return `error: ${String(error)}`;
}

/** Each part of the project has an error type of its own; those that a user can mend list what is wrong in `problems`. */
function problemsOf(error: unknown): readonly string[] | undefined {
  if (!(error instanceof Error) || !("problems" in error) || !Array.isArray(error.problems)) return undefined;
  const problems = error.problems.filter((problem) => typeof problem === "string");
  return problems.length === 0 ? undefined : problems;
}
