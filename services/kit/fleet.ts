import { routeKey } from "./contract-faults";
import type { ServiceContract } from "./contract";

/**
 * Checks contracts against one another: names, routes and topics have one owner, and what is called or consumed exists.
 *
 * @throws Error listing everything that is wrong.
 */
export function checkFleet(contracts: readonly ServiceContract[]): void {
  const faults = [...ownership(contracts), ...references(contracts), ...cycles(contracts)];
  if (faults.length > 0) throw new Error(`the services' contracts do not fit together:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`);
}

function ownership(contracts: readonly ServiceContract[]): string[] {
  const faults: string[] = [];
  const owners = new Map<string, string>();
  const claim = (what: string, contract: ServiceContract): void => {
    const owner = owners.get(what);
    if (owner !== undefined) faults.push(`${what} is claimed by '${owner}' and by '${contract.name}'; leave it to one of them`);
    owners.set(what, owner ?? contract.name);
  };
  for (const contract of contracts) {
    claim(`name '${contract.name}'`, contract);
    for (const route of Object.values(contract.routes)) claim(`route '${routeKey(route)}'`, contract);
    for (const { name } of contract.topics.publishes) claim(`topic '${name}'`, contract);
    for (const { system, prefix } of contract.stores) claim(`${system} '${prefix}'`, contract);
  }
  return faults;
}

function references(contracts: readonly ServiceContract[]): string[] {
  const names = contracts.map(({ name }) => name);
  const topics = contracts.flatMap(({ topics }) => topics.publishes.map(({ name }) => name));
  return contracts.flatMap(({ name, calls, topics: { consumes } }) => [
    ...calls.filter((called) => !names.includes(called)).map((called) => `'${name}' calls '${called}', which is no service; known are ${names.join(", ")}`),
    ...consumes.filter((topic) => !topics.includes(topic)).map((topic) => `'${name}' consumes '${topic}', which nobody publishes; known are ${topics.join(", ") || "none"}`),
  ]);
}

/** Services that call each other in a circle wait for each other, and their retries multiply. */
function cycles(contracts: readonly ServiceContract[]): string[] {
  const calls = new Map(contracts.map((contract) => [contract.name, contract.calls]));
  const finished = new Set<string>();
  const found: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    const start = path.indexOf(name);
    if (start >= 0) found.push(`services call each other in a circle: ${[...path.slice(start), name].join(" -> ")}; let one of them publish events in the place of calls`);
    if (start >= 0 || finished.has(name)) return;
    for (const called of calls.get(name) ?? []) visit(called, [...path, name]);
    finished.add(name);
  };
  for (const { name } of contracts) visit(name, []);
  return found;
}
