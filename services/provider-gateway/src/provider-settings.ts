import Ajv from "ajv";
import { accessSync, constants } from "node:fs";
import { Type } from "typebox";
import type { Static } from "typebox";
import {
  DEFAULT_PROVIDER_TIMEOUT_MS,
  MAX_MODELS_PER_PROVIDER,
  MAX_PRICE_PER_1K,
  MAX_PROVIDERS,
  MAX_PROVIDER_TIMEOUT_MS,
  MODEL_PATTERN,
  NAME_PATTERN,
} from "../limits";
import { parseSetting } from "./setting";

const closed = { additionalProperties: false } as const;
const Price = Type.Number({ minimum: 0, maximum: MAX_PRICE_PER_1K });

const Model = Type.Object({ name: Type.String({ pattern: MODEL_PATTERN }), inputPer1k: Price, outputPer1k: Price }, closed);

const Provider = Type.Object(
  {
    name: Type.String({ pattern: NAME_PATTERN }),
    baseUrl: Type.String(),
    models: Type.Array(Model, { minItems: 1, maxItems: MAX_MODELS_PER_PROVIDER }),
    timeoutMs: Type.Integer({ minimum: 1, maximum: MAX_PROVIDER_TIMEOUT_MS, default: DEFAULT_PROVIDER_TIMEOUT_MS }),
    apiKeyFile: Type.Optional(Type.String({ minLength: 1 })),
    priority: Type.Integer({ minimum: 0, maximum: 1_000, default: 100 }),
  },
  { ...closed, required: ["name", "baseUrl", "models"] },
);

/** What a thousand tokens of a model cost, in US dollars. */
export type ModelPrice = Static<typeof Model>;
/** One provider, as it is configured. `priority`: the lower goes first. The key is only ever read from its file. */
export type ProviderSettings = Static<typeof Provider>;

const isProviders = new Ajv({ allErrors: true, useDefaults: true, strict: false }).compile<ProviderSettings[]>(Type.Array(Provider, { maxItems: MAX_PROVIDERS }));

/** @throws ConfigError with everything that is wrong in `text`. */
export function parseProviders(variable: string, text: string): ProviderSettings[] {
  return parseSetting(variable, text, isProviders, (providers) => providers.flatMap((provider, index) => faultsOf(provider, `${variable}[${index}]`, providers.slice(0, index))));
}

function faultsOf({ name, baseUrl, models, apiKeyFile }: ProviderSettings, where: string, before: readonly ProviderSettings[]): string[] {
  const faults: string[] = [];
  if (before.some((other) => other.name === name)) faults.push(`'${where}.name' (${name}) is there twice; give each provider its own name`);
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) faults.push(`'${where}.baseUrl' must be an http or https URL, such as https://provider.example/v1`);
  else if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    faults.push(`'${where}.baseUrl' must have no credentials, query or fragment; a key goes into the file 'apiKeyFile' names`);
  }
  for (const [index, model] of models.entries()) {
    const twice = models.slice(0, index).some((other) => other.name === model.name);
    if (twice) faults.push(`'${where}.models[${index}].name' (${model.name}) is there twice; give each model one price`);
  }
  if (apiKeyFile !== undefined && !isReadable(apiKeyFile)) faults.push(`'${where}.apiKeyFile' (${apiKeyFile}) must name a readable file`);
  return faults;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
