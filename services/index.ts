import { readdirSync, existsSync } from "node:fs";
import { join } from "node:path";
import { checkFleet } from "./kit/fleet";
import type { ServiceDeclaration } from "./kit/declaration";

const DECLARATION = "workload.ts";

/**
 * The services below a folder: each folder with a `workload.ts` is one. A new service is a folder of its own and
 * nothing else.
 *
 * @returns In the order of their names.
 * @throws Error listing every folder that declares no service of its own name, or what does not fit together.
 */
export function discoverServices(directory: string): ServiceDeclaration[] {
  const faults: string[] = [];
  const found: ServiceDeclaration[] = [];
  for (const folder of readdirSync(directory).sort()) {
    const path = join(directory, folder, DECLARATION);
    if (!existsSync(path)) continue;
    const { workload } = require(path) as { readonly workload?: ServiceDeclaration };
    const name = workload?.contract.name;
    if (workload === undefined) faults.push(`services/${folder}/${DECLARATION} must export 'workload'`);
    else if (name !== folder) faults.push(`services/${folder} declares the service '${name ?? ""}'; a folder has the name of its service`);
    else found.push(workload);
  }
  if (faults.length > 0) throw new Error(`the services are not usable:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`);
  checkFleet(found.map(({ contract }) => contract));
  return found;
}

/** Every service of a region. */
export const services: readonly ServiceDeclaration[] = discoverServices(__dirname);
