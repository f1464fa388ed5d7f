import type { FaultCollector } from "./faults";
import { suggestName } from "./nearest";
import { parseQuantity } from "./quantity";

/** Reads one value: adds faults for what is wrong and returns a usable value only if nothing was. */
export type Reader<T> = (value: unknown, property: string, faults: FaultCollector) => T | undefined;

/** What a property is read with, and what it is when it is not set. */
export interface Field<T> {
  readonly read: Reader<T>;
  readonly fallback: T;
}

export function field<T>(read: Reader<T>, fallback: T): Field<T> {
  return { read, fallback };
}

/** Whole number from `min` to `max`, both allowed. Pulumi hands top-level numbers over as text. */
export function integer(min: number, max: number): Reader<number> {
  return (value, property, faults) => {
    const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
    const good = typeof number === "number" && Number.isInteger(number) && number >= min && number <= max;
    faults.require(good, {
      property,
      actual: value,
      rule: `must be a whole number from ${min} to ${max}`,
      wayOut: "set such a number",
    });
    return good ? number : undefined;
  };
}

/** A number from 0 to 1, both allowed. */
export function share(): Reader<number> {
  return (value, property, faults) => {
    const number = typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
    const good = typeof number === "number" && number >= 0 && number <= 1;
    faults.require(good, { property, actual: value, rule: "must be a number from 0 to 1", wayOut: "write 10 % as 0.1" });
    return good ? number : undefined;
  };
}

export function flag(): Reader<boolean> {
  return (value, property, faults) => {
    const good = value === true || value === false || value === "true" || value === "false";
    faults.require(good, { property, actual: value, rule: "must be true or false", wayOut: "set one of them" });
    return good ? String(value) === "true" : undefined;
  };
}

/** Base URL of something that speaks HTTP. What is in the stack file is in clear, so it has no place for credentials. */
export function httpUrl(): Reader<string> {
  return (value, property, faults) => {
    const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
    const good = url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "" && url.search === "";
    faults.require(good, {
      property,
      actual: value,
      rule: "must be a URL that begins with http:// or https:// and has no credentials and no query",
      wayOut: "write it like https://telemetry.example.net:4318",
    });
    return good ? (value as string) : undefined;
  };
}

/** One of a few values, compared as text, so that `3` and `"3"` are the same. */
export function oneOf<const T extends string | number>(...allowed: readonly T[]): Reader<T> {
  return (value, property, faults) => {
    const found = allowed.find((candidate) => String(candidate) === String(value));
    faults.require(found !== undefined, {
      property,
      actual: value,
      rule: `must be one of ${allowed.join(", ")}`,
      wayOut: "set one of them",
    });
    return found;
  };
}

/** A positive Kubernetes quantity of CPU (`250m`, `2`) or memory (`512Mi`, `4Gi`). */
export function quantity(kind: "cpu" | "memory"): Reader<string> {
  const example = kind === "cpu" ? "250m or 2" : "512Mi or 4Gi";
  return (value, property, faults) => {
    const text = typeof value === "number" ? String(value) : value;
    const amount = typeof text === "string" ? parseQuantity(text) : undefined;
    const good = amount !== undefined && amount > 0 && !(kind === "memory" && typeof text === "string" && text.endsWith("m"));
    faults.require(good, {
      property,
      actual: value,
      rule: `must be a Kubernetes quantity of ${kind} above zero`,
      wayOut: `write it like ${example}`,
    });
    return good ? (text as string) : undefined;
  };
}

export function text(pattern: RegExp, rule: string, wayOut: string): Reader<string> {
  return (value, property, faults) => {
    const good = typeof value === "string" && pattern.test(value);
    faults.require(good, { property, actual: value, rule, wayOut });
    return good ? value : undefined;
  };
}

/** Reads nothing but the absence of a value differently: `undefined` stays undefined. */
export function optional<T>(read: Reader<T>): Field<T | undefined> {
  return { read, fallback: undefined };
}

export type Fields<T> = { readonly [K in keyof T]-?: Field<T[K]> };

/** An object with exactly these properties; each may be left out, none may be unknown. */
export function object<T>(fields: Fields<T>): Reader<T> {
  const known = Object.keys(fields) as (keyof T & string)[];
  return (value, property, faults) => {
    const decoded = decodeObject(value, property, faults);
    if (decoded === undefined) return undefined;
    const before = faults.faults.length;
    for (const name of Object.keys(decoded)) {
      faults.require(known.includes(name as keyof T & string), {
        property: `${property}.${name}`,
        actual: decoded[name],
        rule: "is not a property that exists",
        wayOut: suggestName(name, known),
      });
    }
    const result: Partial<T> = {};
    for (const name of known) {
      const given = decoded[name];
      const { read, fallback } = fields[name];
      result[name] = given === undefined || given === null ? fallback : read(given, `${property}.${name}`, faults);
    }
    return faults.faults.length === before ? (result as T) : undefined;
  };
}

/** Pulumi hands structured configuration over as JSON text; tests and nested values are objects already. */
export function decodeObject(value: unknown, property: string, faults: FaultCollector): Record<string, unknown> | undefined {
  let decoded = value;
  if (typeof value === "string") {
    try {
      decoded = JSON.parse(value);
    } catch {
      decoded = value;
    }
  }
  const good = typeof decoded === "object" && decoded !== null && !Array.isArray(decoded);
  faults.require(good, {
    property,
    actual: value,
    rule: "must be a map of properties",
    wayOut: `write it as indented 'name: value' lines below '${property}:'`,
  });
  return good ? (decoded as Record<string, unknown>) : undefined;
}
