import { accessSync, constants, statSync } from "node:fs";
import type { EnvKind, EnvVariable } from "../contract";
import { LOG_LEVELS } from "./logger";
import type { LogLevel } from "./logger";

interface ValueOf {
  string: string;
  port: number;
  integer: number;
  ratio: number;
  httpUrl: string;
  httpsUrls: readonly string[];
  file: string;
  logLevel: LogLevel;
}

/** What a contract's environment is read into. Variables that are optional and have no default can be undefined. */
export type ConfigOf<E extends Readonly<Record<string, EnvVariable>>> = {
  readonly [K in keyof E]: E[K] extends { required: false; default?: undefined }
    ? ValueOf[E[K]["kind"]] | undefined
    : ValueOf[E[K]["kind"]];
};

/** Everything that is wrong with the environment, at once. */
export class ConfigError extends Error {
  readonly code = "invalid-config";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`invalid-config: ${faults.length} of the environment variables cannot be used:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`);
    this.name = "ConfigError";
    this.faults = faults;
  }
}

const MAX_PORT = 65_535;
const MAX_ENDPOINTS = 16;

class Fault extends Error {}

const READERS: { readonly [K in EnvKind]: (text: string) => ValueOf[K] } = {
  string: (text) => text,
  port: (text) => {
    const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
    if (!(port >= 0 && port <= MAX_PORT)) throw new Fault(`must be a port from 1 to ${MAX_PORT}, or 0 for any free one`);
    return port;
  },
  integer: (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (!Number.isSafeInteger(number)) throw new Fault("must be a whole number of at least 0");
    return number;
  },
  ratio: (text) => {
    const ratio = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    if (!(ratio >= 0 && ratio <= 1)) throw new Fault("must be a number from 0 to 1");
    return ratio;
  },
  httpUrl: (text) => {
    const parsed = URL.canParse(text) ? new URL(text) : undefined;
    const bare = parsed !== undefined && parsed.search === "" && parsed.hash === "" && parsed.username === "" && parsed.password === "";
    if (!bare || !["http:", "https:"].includes(parsed.protocol)) throw new Fault("must be 'http://host:port' or 'https://host:port'");
    return text.replace(/\/$/, "");
  },
  httpsUrls: (text) => {
    const urls = text.split(",").map((part) => part.trim());
    if (urls.length > MAX_ENDPOINTS) throw new Fault(`must name at most ${MAX_ENDPOINTS} URLs`);
    return urls.map((url) => {
      const parsed = URL.canParse(url) ? new URL(url) : undefined;
      const bare = parsed !== undefined && parsed.pathname === "/" && parsed.search === "" && parsed.hash === "" && parsed.username === "";
      if (parsed?.protocol !== "https:" || !bare) throw new Fault("must be 'https://host:port', or several of them separated by commas");
      return parsed.origin;
    });
  },
  file: (text) => {
    try {
      accessSync(text, constants.R_OK);
    } catch (error) {
      const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
      throw new Fault(`must name a readable file (${String(code)})`);
    }
    if (!statSync(text).isFile()) throw new Fault("must name a file, not a folder");
    return text;
  },
  logLevel: (text) => {
    const level = LOG_LEVELS.find((candidate) => candidate === text);
    if (level === undefined) throw new Fault(`must be one of ${LOG_LEVELS.join(", ")}`);
    return level;
  },
};

/**
 * Reads and checks all the variables that a contract names.
 *
 * @throws ConfigError naming every variable that is missing or malformed.
 */
export function readConfig<const E extends Readonly<Record<string, EnvVariable>>>(
  variables: E,
  env: Readonly<Record<string, string | undefined>>,
): ConfigOf<E> {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [property, variable] of Object.entries(variables)) {
    const given = env[variable.name]?.trim();
    const text = given === undefined || given === "" ? variable.default : given;
    if (text === undefined) {
      if (variable.required) faults.push(`'${variable.name}' is not set and is required: ${variable.description}`);
      continue;
    }
    try {
      values[property] = READERS[variable.kind](text);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      faults.push(`'${variable.name}' (${withoutCredentials(text)}) ${error.message}: ${variable.description}`);
    }
  }
  const ports = Object.entries(variables).filter(([property, { kind }]) => kind === "port" && typeof values[property] === "number" && values[property] !== 0);
  for (const [index, [property, variable]] of ports.entries()) {
    const other = ports.slice(0, index).find(([earlier]) => values[earlier] === values[property]);
    if (other !== undefined) faults.push(`'${variable.name}' (${String(values[property])}) must differ from '${other[1].name}'`);
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return values as ConfigOf<E>;
}

/** Somebody who puts a password into a URL should not find it in the log as well. */
function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^@/,]*@/g, "//[redacted]@");
}
