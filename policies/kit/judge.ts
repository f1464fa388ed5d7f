import type { ReportViolation } from "@pulumi/policy";

/**
 * Runs one check of a rule. The verdict is the violation's message, or undefined when all is well.
 * A check reads only the fields that it judges, so that an unknown field silences no other check.
 */
export type Check = (verdict: () => string | undefined, urn?: string) => void;

const shownUnknownsMax = 5;

/**
 * Judges one resource or one stack. During a preview, reading a value that is not known yet throws; each check
 * catches that by itself, and the rest of the rule goes on. What stayed unjudged is thrown at the end, which is
 * how `@pulumi/policy` turns it into an advisory line: a rule is never silent about what it could not see.
 *
 * @throws the library's own error for unknown values, after every other check has reported.
 */
export function judge(reportViolation: ReportViolation, body: (check: Check) => void): void {
  const unknowns: { readonly error: Error; readonly reason: string }[] = [];
  body((verdict, urn) => {
    try {
      const message = verdict();
      if (message !== undefined) reportViolation(message, urn);
    } catch (error) {
      if (!isUnknownValue(error)) throw error;
      // The error knows the path within a resource; a stack rule has to say which resource.
      const resource = urn === undefined ? "" : `${urn.slice(urn.lastIndexOf("::") + 2)}: `;
      unknowns.push({ error, reason: resource + error.message });
    }
  });

  const first = unknowns[0]?.error;
  if (first === undefined) return;
  const reasons = [...new Set(unknowns.map(({ reason }) => reason))];
  const hidden = reasons.length - shownUnknownsMax;
  first.message = reasons.slice(0, shownUnknownsMax).join("; ") + (hidden > 0 ? `; and ${hidden} more` : "");
  throw first;
}

/** True when a value is given, including one that is only known after the update. */
export function isGiven(read: () => unknown): boolean {
  try {
    const value = read();
    return value !== undefined && value !== null && value !== "";
  } catch (error) {
    if (!isUnknownValue(error)) throw error;
    return true;
  }
}

/**
 * True when one of the items matches for certain. An item that cannot be judged counts only when no other matches.
 *
 * @throws the library's error for unknown values, when the answer hangs on one.
 */
export function someCertain<T>(items: readonly T[], matches: (item: T) => boolean): boolean {
  let unknown: Error | undefined;
  for (const item of items) {
    try {
      if (matches(item)) return true;
    } catch (error) {
      if (!isUnknownValue(error)) throw error;
      unknown ??= error;
    }
  }
  if (unknown !== undefined) throw unknown;
  return false;
}

/** The library keeps its error class to itself; this property of it is the only mark that can be seen from outside. */
function isUnknownValue(error: unknown): error is Error {
  return error instanceof Error && "unknownTypeSentinel" in error;
}
