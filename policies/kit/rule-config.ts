import type { PolicyConfigSchema } from "@pulumi/policy";
import Ajv from "ajv";
import type { ErrorObject, ValidateFunction } from "ajv";
import type { Fault } from "../../config/faults";
import { FaultsError } from "../../config/faults";

/** The settings of a rule: their schema, and how the rule reads them. */
export interface RuleConfig<T extends object> {
  readonly schema: PolicyConfigSchema;
  /**
   * The settings, defaults filled in.
   *
   * @throws FaultsError that lists everything that is wrong with them: a rule with settings it cannot follow has no verdict.
   */
  readonly read: (args: { getConfig(): object }) => T;
}

const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: true });

/** Settings with that schema. Every property needs a default, so that a rule runs as it is. */
export function ruleConfig<T extends object>(rule: string, schema: PolicyConfigSchema): RuleConfig<T> {
  const validate = compile(schema);
  return {
    schema,
    read: (args) => {
      const settings = structuredClone(args.getConfig()) as T;
      if (validate(settings)) return settings;
      throw new FaultsError(`configuration of rule '${rule}'`, toFaults(rule, settings, validate.errors ?? []));
    },
  };
}

/** What is wrong with the settings of a rule, by its schema. An unknown key is a fault, which the engine does not see. */
export function settingFaults(rule: string, schema: PolicyConfigSchema | undefined, settings: object): Fault[] {
  const validate = compile(schema ?? { properties: {} });
  return validate(structuredClone(settings)) ? [] : toFaults(rule, settings, validate.errors ?? []);
}

function compile(schema: PolicyConfigSchema): ValidateFunction {
  return ajv.compile({ type: "object", additionalProperties: false, ...schema });
}

function toFaults(rule: string, settings: object, errors: readonly ErrorObject[]): Fault[] {
  return errors.map((error) => {
    const steps = error.instancePath.split("/").slice(1);
    const unknownKey = error.keyword === "additionalProperties" ? (error.params as { additionalProperty: string }).additionalProperty : undefined;
    if (unknownKey !== undefined) steps.push(unknownKey);
    return {
      property: [rule, ...steps].join("."),
      actual: steps.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], settings),
      rule: unknownKey === undefined ? (error.message ?? "does not fit the schema") : "is not a setting of this rule",
      wayOut: unknownKey === undefined ? "see the rule's configSchema" : "remove it, or correct its name",
    };
  });
}
