import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { copyTree } from "../tests/support/tree";

const run = promisify(execFile);

/** A copy of the checkout with as many services as asked for, made by `new-service`. */
export interface GrownTree {
  readonly directory: string;
  readonly configFile: string;
  readonly added: readonly string[];
  remove(): void;
}

/** Small, so that all pods have room on three simulated nodes. */
const addedService = { minReplicas: 2, maxReplicas: 3, cpuRequest: "10m", memoryRequest: "32Mi", memoryLimit: "128Mi" };
/** More than any number of services needs. */
const quota = { cpuRequests: "1000", memoryRequests: "1000Gi", memoryLimits: "4000Gi", pods: 2000, volumes: 200, storage: "2000Gi" };

interface StackFile {
  readonly config: Record<string, unknown>;
}

/** The stack file with small settings for the added services and a quota that holds them all. */
export function grownStackFile(text: string, added: readonly string[]): string {
  const { config } = parse(text) as StackFile;
  const services = config["agentic-flow:services"] as Record<string, unknown> | undefined;
  const grown = { ...services, ...Object.fromEntries(added.map((name) => [name, addedService])) };
  return stringify({ config: { ...config, "agentic-flow:services": grown, "agentic-flow:quota": quota } });
}

/** @param existing How many services this checkout has. */
export async function growTree(services: number, existing: number, signal: AbortSignal): Promise<GrownTree> {
  const tree = copyTree();
  try {
    const added = Array.from({ length: services - existing }, (_, index) => `bench-${String(index + 1)}`);
    for (const name of added) {
      await run("node", ["-r", "ts-node/register/transpile-only", "cli/main.ts", "new-service", name], { cwd: tree.directory, signal });
    }
    const configFile = join(tree.directory, "Pulumi.local.yaml");
    await writeFile(configFile, grownStackFile(await readFile(configFile, "utf8"), added));
    return { directory: tree.directory, configFile, added, remove: () => tree.remove() };
  } catch (cause) {
    tree.remove();
    throw cause;
  }
}
