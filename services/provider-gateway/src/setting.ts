import type { ErrorObject, ValidateFunction } from "ajv";
import { ConfigError } from "../../kit/src";

/**
 * Reads a variable that holds JSON.
 *
 * @param faultsOf what the schema cannot say; asked only when the schema is kept.
 * @throws ConfigError with everything that is wrong. The text itself is not repeated: it might hold what nobody should read.
 */
export function parseSetting<T>(variable: string, text: string, isValid: ValidateFunction<T>, faultsOf: (value: T) => readonly string[]): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ConfigError([`'${variable}' is not JSON; see the service's README for its form`]);
  }
  const faults = isValid(value) ? faultsOf(value) : (isValid.errors ?? []).map((error) => faultOf(variable, error));
  if (faults.length > 0) throw new ConfigError(faults);
  return value as T;
}

function faultOf(variable: string, { instancePath, keyword, params, message }: ErrorObject): string {
  const where = `${variable}${instancePath.replace(/\/(\d+)/g, "[$1]").replaceAll("/", ".")}`;
  const { additionalProperty, missingProperty } = params as Readonly<Record<string, unknown>>;
  if (keyword === "additionalProperties") return `'${where}.${String(additionalProperty)}' is not a known setting; remove it`;
  if (keyword === "required") return `'${where}.${String(missingProperty)}' is required`;
  return `'${where}' ${message ?? keyword}`;
}
