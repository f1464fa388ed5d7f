import { environmentGroups } from "../environment";
import type { AccessOf } from "../environment";
import type { EnvVariable, Need, ServiceContract } from "../contract";
import { readConfig } from "./config";
import type { ConfigOf } from "./config";
import type { LogLevel } from "./logger";

/** Access to exactly what a contract needs. */
export type AccessFor<C extends ServiceContract> = { readonly [N in C["needs"][number] & Need]: AccessOf[N] };

/** Everything a service reads from its environment. */
export interface ServiceConfig<C extends ServiceContract> {
  readonly region: string;
  readonly logLevel: LogLevel;
  readonly port: number;
  readonly adminPort: number;
  /** Only of services with durable handlers. */
  readonly handlersPort: number | undefined;
  readonly otlpEndpoint: string | undefined;
  readonly traceSampleRatio: number;
  readonly access: AccessFor<C>;
  /** Base URL of each called service, by name. */
  readonly services: Readonly<Record<C["calls"][number], string>>;
  readonly settings: ConfigOf<C["env"]>;
}

const SEPARATOR = " ";

/**
 * Reads and checks all that a contract says the environment has.
 *
 * @throws ConfigError naming every variable that is missing or malformed.
 */
export function readServiceConfig<C extends ServiceContract>(contract: C, env: Readonly<Record<string, string | undefined>>): ServiceConfig<C> {
  const { standard, needs, services, own } = environmentGroups(contract);
  // One flat list, so that everything that is wrong is reported at once.
  const groups: Readonly<Record<string, Readonly<Record<string, EnvVariable>>>> = { standard, services, own, ...prefixed(needs) };
  const variables = Object.fromEntries(
    Object.entries(groups).flatMap(([group, members]) => Object.entries(members).map(([key, variable]) => [`${group}${SEPARATOR}${key}`, variable] as const)),
  );
  const values = readConfig(variables, env) as Readonly<Record<string, unknown>>;
  const groupOf = (group: string): Record<string, unknown> =>
    Object.fromEntries(Object.keys(groups[group] ?? {}).map((key) => [key, values[`${group}${SEPARATOR}${key}`]]));
  const access = Object.fromEntries(contract.needs.map((need) => [need, groupOf(`need.${need}`)]));
  return { ...groupOf("standard"), access, services: groupOf("services"), settings: groupOf("own") } as unknown as ServiceConfig<C>;
}

function prefixed<T>(needs: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(needs).map(([need, variables]) => [`need.${need}`, variables]));
}
