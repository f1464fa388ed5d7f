import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve, sep } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { PLATFORM_IMAGES } from "../../components/images";
import { services } from "../../services";
import { register } from "./mocks";
import type { RecordingMocks } from "./mocks";
import { IMAGE } from "./surroundings";

const ROOT = resolve(__dirname, "..", "..");
const IMAGES = [...services.map((service) => service.contract.name), ...PLATFORM_IMAGES];

/**
 * Runs the whole program of a stack, with its own stack file, as the engine would.
 *
 * @param expected How many resources it registers; undefined for a caller that counts by itself.
 */
export async function runStack(stack: string, expected?: number): Promise<{ mocks: RecordingMocks; outputs: Record<string, unknown> }> {
  const directory = mkdtempSync(join(tmpdir(), "stack-test-"));
  const before = { ...process.env };
  try {
    process.env["AGENTIC_FLOW_IMAGES"] = join(directory, "images.json");
    process.env["AGENTIC_FLOW_KUBECONFIG"] = join(directory, "kubeconfig");
    writeFileSync(process.env["AGENTIC_FLOW_IMAGES"], JSON.stringify(Object.fromEntries(IMAGES.map((name) => [name, IMAGE]))));
    writeFileSync(process.env["AGENTIC_FLOW_KUBECONFIG"], "{}");
    pulumi.runtime.setAllConfig(stackFile(stack));
    let outputs: Record<string, unknown> = {};
    // As the engine's language host runs it: below a stack, which is one more resource.
    const below = (): Promise<unknown> => pulumi.runtime.runInPulumiStack(() => Promise.resolve((outputs = loadProgram())));
    const { mocks, result } = await register(expected, below, stack);
    await result;
    return { mocks, outputs };
  } finally {
    pulumi.runtime.setAllConfig({});
    process.env = before;
    rmSync(directory, { recursive: true });
  }
}

/** Configuration as the engine hands it to a program: text, and JSON for everything structured. */
export function stackFile(stack: string): Record<string, string> {
  const file = parse(readFileSync(join(ROOT, `Pulumi.${stack}.yaml`), "utf8")) as { config: Record<string, unknown> };
  return Object.fromEntries(Object.entries(file.config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]));
}

/** Loads index.ts anew: a program does its work when it is loaded, and only once. */
function loadProgram(): Record<string, unknown> {
  const load = createRequire(join(ROOT, "index.ts"));
  const entry = join(ROOT, "index.ts");
  delete load.cache[entry];
  try {
    return load(entry) as Record<string, unknown>;
  } finally {
    delete load.cache[`${ROOT}${sep}index.ts`];
  }
}
