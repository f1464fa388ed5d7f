import { isIP } from "node:net";
import { hasUnknown, isObject, plainProperties } from "./values";
import type { Properties } from "./values";

/** What one input property may be. Values are those of the official provider, as far as this one serves them. */
export type PropertyRule =
  | { readonly kind: "text"; readonly required?: true; readonly oneOf?: readonly string[]; readonly secret?: true }
  | { readonly kind: "integer"; readonly required?: true; readonly min: number; readonly max: number; readonly default?: number }
  | { readonly kind: "boolean"; readonly default?: boolean }
  | { readonly kind: "texts"; readonly required?: true; readonly oneOf?: readonly string[]; readonly form?: "ip" | "uri" }
  /** Texts by name. */
  | { readonly kind: "map" }
  /** Anything with rules of its own. */
  | { readonly kind: "own"; reasonsOf(value: unknown): string[] }
  /** Served by the official provider, not by this one. */
  | { readonly kind: "unsupported"; readonly instead: string };

export type PropertyRules = Readonly<Record<string, PropertyRule>>;

/** In the shape of Pulumi's own, which it prints one by one. */
export interface Failure {
  readonly property: string;
  readonly reason: string;
}

/** Adds the defaults; the marks of secrets stay. */
export function withDefaults(rules: PropertyRules, given: Properties): Record<string, unknown> {
  const inputs = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== undefined));
  for (const [name, rule] of Object.entries(rules)) {
    if ("default" in rule && rule.default !== undefined && inputs[name] === undefined) inputs[name] = rule.default;
  }
  return inputs;
}

/** Everything that is wrong with the inputs. What is unknown yet is not judged. */
export function failuresOf(rules: PropertyRules, inputs: Properties): Failure[] {
  const values = plainProperties(inputs);
  const failures: Failure[] = [];
  for (const [property, value] of Object.entries(values)) {
    const rule = rules[property];
    const reasons = rule === undefined
      ? [`is not a property of this resource; it has: ${supported(rules).join(", ")}`]
      : hasUnknown(value) && rule.kind !== "unsupported" ? [] : reasonsOf(rule, value);
    failures.push(...reasons.map((reason) => ({ property, reason })));
  }
  for (const [property, rule] of Object.entries(rules)) {
    if ("required" in rule && rule.required === true && values[property] === undefined) {
      failures.push({ property, reason: `is not set, and must be (${rule.kind})` });
    }
  }
  return failures;
}

export function supported(rules: PropertyRules): string[] {
  return Object.entries(rules).filter(([, rule]) => rule.kind !== "unsupported").map(([name]) => name);
}

function reasonsOf(rule: PropertyRule, value: unknown): string[] {
  switch (rule.kind) {
    case "unsupported":
      return [`is not served by the built-in provider; ${rule.instead}`];
    case "text":
      return typeof value === "string" && value !== "" ? outside(value, rule.oneOf) : [mustBe(rule.secret ? "(secret)" : value, "text that is not empty")];
    case "integer":
      return typeof value === "number" && Number.isInteger(value) && value >= rule.min && value <= rule.max
        ? [] : [mustBe(value, `a whole number from ${String(rule.min)} to ${String(rule.max)}`)];
    case "boolean":
      return typeof value === "boolean" ? [] : [mustBe(value, "true or false")];
    case "texts":
      if (!isTexts(value)) return [mustBe(value, "a list of texts, none of them empty")];
      return value.flatMap((text) => [...outside(text, rule.oneOf), ...malformed(text, rule.form)]);
    case "map":
      return isObject(value) && isTexts(Object.values(value)) ? [] : [mustBe(value, "an object of texts")];
    case "own":
      return rule.reasonsOf(value);
    default:
      return rule satisfies never;
  }
}

function outside(value: string, allowed?: readonly string[]): string[] {
  return allowed === undefined || allowed.includes(value) ? [] : [mustBe(value, `one of ${allowed.join(", ")}`)];
}

function malformed(text: string, form?: "ip" | "uri"): string[] {
  if (form === "ip") return isIP(text) === 0 ? [mustBe(text, "an IPv4 or IPv6 address")] : [];
  if (form === "uri") return URL.canParse(text) ? [] : [mustBe(text, "an absolute URI")];
  return [];
}

export function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string" && text !== "");
}

/** The end of a sentence that begins with the property's name. */
export function mustBe(value: unknown, rule: string): string {
  return `is ${JSON.stringify(value)}, must be ${rule}`;
}
