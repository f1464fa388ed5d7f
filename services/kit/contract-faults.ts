import type { PublishedRoute, ServiceContract } from "./contract";

const NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
const TOPIC = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/;

/** What a caller would call the same route, whatever the contract names its parameters. */
export function routeKey({ method, path }: Pick<PublishedRoute, "method" | "path">): string {
  return `${method} ${path.replace(/\{[^}]+\}/g, "{}")}`;
}

/** Everything that is wrong with one contract by itself. */
export function contractFaults(contract: ServiceContract): string[] {
  return [...identityFaults(contract), ...routeFaults(contract), ...needFaults(contract), ...objectiveFaults(contract)];
}

function identityFaults({ name, ports }: ServiceContract): string[] {
  const faults: string[] = [];
  if (!NAME.test(name)) faults.push(`'name' (${name}) must be a DNS label`);
  const numbers = Object.entries<number>(ports);
  for (const [index, [port, number]] of numbers.entries()) {
    const other = numbers.slice(0, index).find(([, earlier]) => earlier === number);
    if (other !== undefined) faults.push(`'ports.${port}' (${number}) must differ from 'ports.${other[0]}', or who reaches one would reach both`);
  }
  return faults;
}

function routeFaults(contract: ServiceContract): string[] {
  const faults: string[] = [];
  const seen = new Map<string, string>();
  for (const [operation, route] of Object.entries(contract.routes)) {
    const inside = contract.prefixes.some((prefix) => route.path === prefix || route.path.startsWith(`${prefix}/`));
    if (!inside) faults.push(`'routes.${operation}.path' (${route.path}) must be below one of 'prefixes' (${contract.prefixes.join(", ")})`);
    const key = routeKey(route);
    const other = seen.get(key);
    if (other !== undefined) faults.push(`'routes.${operation}' (${key}) is published twice; the other is '${other}'`);
    seen.set(key, operation);
    if (route.status === "available") faults.push(...parameterFaults(operation, route.path, Object.keys(route.schema.params?.properties ?? {})));
  }
  return faults;
}

function parameterFaults(operation: string, path: string, described: readonly string[]): string[] {
  const named = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name ?? "");
  return [
    ...named.filter((name) => !described.includes(name)).map((name) => `'routes.${operation}.path' (${path}) has '{${name}}', which its schema does not describe`),
    ...described.filter((name) => !named.includes(name)).map((name) => `'routes.${operation}.schema.params' describes '${name}', which is not in its path (${path})`),
  ];
}

function needFaults({ env, stores, needs, ports, topics, calls, name }: ServiceContract): string[] {
  const faults: string[] = [];
  for (const [key, variable] of Object.entries(env)) {
    if (variable.required && variable.default !== undefined) {
      faults.push(`'env.${key}' (${variable.name}) is required and has a default; choose one`);
    }
  }
  for (const [index, { system }] of stores.entries()) {
    if (!needs.includes(system)) faults.push(`'stores[${index}].system' (${system}) must be one of 'needs' (${needs.join(", ")})`);
  }
  if (ports.handlers !== undefined && !needs.includes("restate")) faults.push(`'ports.handlers' (${ports.handlers}) is for Restate, which is not one of 'needs'`);
  for (const topic of [...topics.publishes.map((published) => published.name), ...topics.consumes]) {
    if (!TOPIC.test(topic)) faults.push(`'topics' (${topic}) must be lower-case words separated by dots`);
  }
  if (calls.includes(name)) faults.push(`'calls' (${name}) must not name the service itself`);
  return faults;
}

function objectiveFaults({ slo }: ServiceContract): string[] {
  const faults: string[] = [];
  for (const share of ["availability", "latencyShare"] as const) {
    if (!(slo[share] > 0 && slo[share] < 1)) faults.push(`'slo.${share}' (${slo[share]}) must be between 0 and 1: at 1 there is no budget for any change`);
  }
  if (!(slo.latencyMs > 0)) faults.push(`'slo.latencyMs' (${slo.latencyMs}) must be above 0`);
  return faults;
}
