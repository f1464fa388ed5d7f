import { readFileSync } from "node:fs";
import type { EnforcementLevel, PolicyPackConfig } from "@pulumi/policy";
import { FaultCollector } from "../../config/faults";
import { suggestName } from "../../config/nearest";
import { settingFaults } from "./rule-config";
import type { Policy } from "./run-example";

const levels: readonly EnforcementLevel[] = ["advisory", "mandatory", "remediate", "disabled"];

/** The engine takes it for every rule. */
const everyRule = "all";

/**
 * Reads a pack's configuration from its file.
 *
 * @param file absolute path of a JSON file
 * @throws as `parsePackConfig` does.
 */
export function readPackConfig(file: string, rules: readonly Policy[]): PolicyPackConfig {
  return parsePackConfig(readFileSync(file, "utf8"), `policy configuration ${file}`, rules);
}

/**
 * A pack's configuration: per rule an enforcement level, or an object of a level and settings.
 *
 * @param subject What the text is, for the error.
 * @throws FaultsError that lists every unknown rule, unknown key and bad value; the engine would ignore the first two.
 */
export function parsePackConfig(text: string, subject: string, rules: readonly Policy[]): PolicyPackConfig {
  const faults = new FaultCollector();
  const config = parse(text, faults);
  const names = rules.map(({ name }) => name);
  for (const [name, value] of Object.entries(config)) {
    const rule = rules.find((candidate) => candidate.name === name);
    if (rule === undefined && name !== everyRule) {
      faults.add({ property: name, actual: value, rule: "is no rule of this pack", wayOut: suggestName(name, names) });
      continue;
    }
    const { level, settings } = split(name, value, faults);
    if (level !== undefined) requireLevel(name, level, faults);
    for (const fault of settingFaults(name, rule?.configSchema, settings)) faults.add(fault);
  }
  faults.throwIfAny(subject);
  return config as PolicyPackConfig;
}

function parse(text: string, faults: FaultCollector): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    faults.add({ property: "file", actual: text, rule: `is no JSON: ${String(error)}`, wayOut: "correct it, or write {}" });
    return {};
  }
  return requireObject("file", value, faults);
}

function split(name: string, value: unknown, faults: FaultCollector): { level: unknown; settings: object } {
  if (typeof value === "string") return { level: value, settings: {} };
  const { enforcementLevel: level, ...settings } = requireObject(name, value, faults) as { enforcementLevel?: unknown };
  return { level, settings };
}

function requireObject(property: string, value: unknown, faults: FaultCollector): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  faults.add({ property, actual: value, rule: "must be an object", wayOut: "write { ... }" });
  return {};
}

function requireLevel(name: string, level: unknown, faults: FaultCollector): void {
  faults.require((levels as readonly unknown[]).includes(level), {
    property: `${name}.enforcementLevel`,
    actual: level,
    rule: `must be one of ${levels.join(", ")}`,
    wayOut: "correct it, or leave it out to keep the rule's own",
  });
}
