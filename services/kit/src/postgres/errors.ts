import { StoreError, textOf } from "../store-error";
import type { StoreErrorArgs, StoreErrorCode } from "../store-error";
import { CutShort } from "../within";

/** What PostgreSQL said, with its own code. */
export class PostgresError extends StoreError {
  /** Five characters, such as `23505`. Undefined: the server was not the one who failed. */
  readonly sqlState: string | undefined;
  /** The constraint that was violated. */
  readonly constraint: string | undefined;

  constructor(code: StoreErrorCode, text: string, args: StoreErrorArgs & { readonly sqlState?: string; readonly constraint?: string } = {}) {
    super(code, text, args);
    this.name = "PostgresError";
    this.sqlState = args.sqlState;
    this.constraint = args.constraint;
  }
}

/** Codes that mean something to callers, by SQLSTATE or its two-character class. */
const MEANINGS: Readonly<Record<string, StoreErrorCode>> = {
  "08": "unavailable", // connection
  "23505": "unique-violation",
  "28": "unavailable", // wrong credentials: an operator's fault, and it passes when they are rotated
  "40": "conflict", // serialization, deadlock
  "53": "unavailable", // disk full, out of memory, too many connections
  "55P03": "conflict", // lock not available
  "57": "unavailable", // being shut down, starting up
  "57014": "deadline", // statement timeout
  "25006": "unavailable", // read-only: a member that is no longer the primary
  "3D000": "unavailable", // the database is not there yet
};

/**
 * @param phase `connect`: nothing was sent yet; `read`: what was sent changes nothing or is undone; `write`: a change
 *   may have been made when the answer is missing.
 */
export function translate(thrown: unknown, phase: "connect" | "read" | "write"): PostgresError {
  if (thrown instanceof PostgresError) return thrown;
  const lost = phase === "write" ? "unknown" : "no";
  if (thrown instanceof CutShort) {
    return thrown.cut === "deadline"
      ? new PostgresError("deadline", "PostgreSQL did not answer in time", { applied: lost, cause: thrown })
      : new PostgresError("cancelled", "given up by the caller", { applied: lost, cause: thrown });
  }
  const sqlState = sqlStateOf(thrown);
  if (sqlState === undefined) {
    return new PostgresError("unavailable", `PostgreSQL cannot be reached: ${textOf(thrown)}`, { applied: lost, cause: thrown });
  }
  const constraint: unknown = Reflect.get(thrown as Error, "constraint");
  const code = MEANINGS[sqlState] ?? MEANINGS[sqlState.slice(0, 2)] ?? "rejected";
  // An error answer means that the statement was undone; only a lost connection leaves that open.
  const applied = sqlState.startsWith("08") || sqlState.startsWith("57P") ? lost : "no";
  return new PostgresError(code, `PostgreSQL says '${textOf(thrown)}' (${sqlState})`, {
    applied, cause: thrown, sqlState, ...(typeof constraint === "string" ? { constraint } : {}),
  });
}

function sqlStateOf(thrown: unknown): string | undefined {
  const code: unknown = thrown instanceof Error ? Reflect.get(thrown, "code") : undefined;
  // Node's own codes, such as ECONNREFUSED, are never five digits and upper-case letters with a severity beside them.
  const severity: unknown = thrown instanceof Error ? Reflect.get(thrown, "severity") : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && typeof severity === "string" ? code : undefined;
}
