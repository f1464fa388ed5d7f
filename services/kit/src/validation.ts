import Ajv from "ajv";
import type { ErrorObject, ValidateFunction } from "ajv";
import type { TSchema } from "typebox";
import type { OperationSchema } from "../operation-schema";
import { problem } from "./problem";
import type { Violation } from "./problem";

/** A body of the largest size could break a rule in every byte; nobody reads more than this. */
const MAX_VIOLATIONS = 100;

/** Bodies are taken as they are. */
const strict = new Ajv({ allErrors: true, strict: false, coerceTypes: false, useDefaults: true, removeAdditional: false });
/** Parameters arrive as text, so numbers and booleans are read from it. */
const coercing = new Ajv({ allErrors: true, strict: false, coerceTypes: true, useDefaults: true, removeAdditional: false });

export interface RequestParts {
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
  readonly body: unknown;
}

/**
 * Checks all parts of a request against an operation's schema. Parameters are coerced in place.
 *
 * The returned function throws one `invalid-request` problem that lists every violation of every part.
 */
export function compileValidator(schema: OperationSchema): (parts: RequestParts) => void {
  const checks = [
    compile("path", "params", coercing, schema.params),
    compile("query", "query", coercing, schema.query),
    compile("header", "headers", coercing, schema.headers),
    compile("body", "body", strict, schema.body),
  ].filter((check) => check !== undefined);
  return (parts) => {
    const violations = checks.flatMap((check) => check(parts));
    if (violations.length === 0) return;
    const shown = violations.slice(0, MAX_VIOLATIONS);
    const more = violations.length - shown.length;
    const summary = shown.map(({ in: part, pointer, detail }) => `${part}${pointer === "" ? "" : ` '${pointer}'`} ${detail}`);
    const tail = more > 0 ? `; and ${more} more` : "";
    throw problem("invalid-request", `${summary.slice(0, 5).join("; ")}${summary.length > 5 ? "; ..." : ""}${tail}`, { violations: shown });
  };
}

function compile(
  where: Violation["in"],
  part: keyof RequestParts,
  ajv: Ajv,
  schema: TSchema | undefined,
): ((parts: RequestParts) => Violation[]) | undefined {
  if (schema === undefined) return undefined;
  const validate: ValidateFunction = ajv.compile(schema);
  return (parts) => {
    const value = parts[part];
    if (value === undefined || (value === null && where === "body")) {
      return [{ in: where, pointer: "", detail: "is missing; send a JSON value with 'content-type: application/json'" }];
    }
    return validate(value) ? [] : (validate.errors ?? []).flatMap((error) => toViolation(where, error));
  };
}

function toViolation(where: Violation["in"], error: ErrorObject): Violation[] {
  const at = where === "body" ? error.instancePath : error.instancePath.replace(/^\//, "");
  const child = (name: unknown): string => (where === "body" ? `${at}/${escapePointer(String(name))}` : String(name));
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case "required":
      return [{ in: where, pointer: child(params["missingProperty"]), detail: "is required" }];
    case "additionalProperties":
      return [{ in: where, pointer: child(params["additionalProperty"]), detail: "is not a field of this operation; remove it" }];
    case "enum":
      return [{ in: where, pointer: at, detail: `must be one of ${(params["allowedValues"] as unknown[]).map(String).join(", ")}` }];
    case "if":
      // What is wrong inside its branch is reported by itself.
      return [];
    case "propertyNames":
      return [{ in: where, pointer: child(params["propertyName"]), detail: "is not an allowed name here" }];
    case "pattern":
    case "minLength":
    case "maxLength":
      // The name itself broke the rule: 'propertyNames' reports that, with the name.
      return error.propertyName === undefined ? [{ in: where, pointer: at, detail: error.message ?? error.keyword }] : [];
    default:
      return [{ in: where, pointer: at, detail: error.message ?? error.keyword }];
  }
}

function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
