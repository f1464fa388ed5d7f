import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { ParseArgsConfig } from "node:util";
import { nameProblem } from "../region";
import type { CommandContext } from "./command";
import { UserError, usageExitCode } from "./errors";

/** The folder that holds `Pulumi.yaml`. */
export const projectDirectory = resolve(__dirname, "..");

/** Where a region's Kubernetes comes from. */
export type RegionKind = "node" | "simulated" | "external";

/** Everything `up` can be told. */
export interface UpOptions {
  readonly region: string;
  readonly stack: string;
  readonly configFile: string;
  readonly simulate: boolean;
  readonly kubeconfig: string | undefined;
  readonly images: string | undefined;
  readonly apiPort: number | undefined;
  readonly previewOnly: boolean;
  readonly verbose: boolean;
}

/** One command at a time changes a region. */
export function commandLock(region: string): string {
  return `command ${region}`;
}

/** What a command says while another one is at work on the same region. */
export function waiting(region: string, { print, signal }: CommandContext): { readonly signal: AbortSignal; readonly onWait: () => void } {
  return { signal, onWait: () => print(`Waiting for another command to finish with region ${region} …`) };
}

/** Strictly parsed arguments; unknown flags and stray words are usage errors. */
export function parse<T extends NonNullable<ParseArgsConfig["options"]>>(argv: readonly string[], options: T, allowPositionals = false) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals, strict: true });
  } catch (error) {
    const known = Object.keys(options).map((name) => `--${name}`).join(", ");
    throw new UserError(`${error instanceof Error ? error.message : String(error)} (known flags: ${known})`, { exitCode: usageExitCode, cause: error });
  }
}

/** Names of the stacks that have a file here, sorted. */
export function knownStacks(directory: string = projectDirectory): string[] {
  return readdirSync(directory)
    .map((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1])
    .filter((name) => name !== undefined)
    .sort();
}

/** Reads the flags of `up`, and lists everything that is wrong with them at once. */
export function parseUpOptions(argv: readonly string[], directory: string = projectDirectory): UpOptions {
  const { values } = parse(argv, {
    name: { type: "string" },
    stack: { type: "string", default: "local" },
    "config-file": { type: "string" },
    simulate: { type: "boolean", default: false },
    kubeconfig: { type: "string" },
    images: { type: "string" },
    "api-port": { type: "string" },
    preview: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
  });
  const problems: string[] = [];
  const region = values.name ?? values.stack;
  const badName = nameProblem(region);
  if (badName !== undefined) problems.push(badName);

  const configFile = resolve(values["config-file"] ?? `${directory}/Pulumi.${values.stack}.yaml`);
  if (!existsSync(configFile)) {
    problems.push(
      values["config-file"] === undefined
        ? `--stack is '${values.stack}': there is no such stack; known stacks: ${knownStacks(directory).join(", ")}`
        : `--config-file is '${values["config-file"]}': there is no such file`,
    );
  }
  if (values.simulate && values.kubeconfig !== undefined) {
    problems.push("--simulate and --kubeconfig exclude each other: one starts a simulated control plane, the other uses your cluster and starts nothing");
  }
  if (values.kubeconfig !== undefined && values.images === undefined) {
    problems.push("--kubeconfig needs --images FILE: a JSON object that gives the reference, with digest, of each image in a registry that your cluster reaches");
  }
  if (values.stack !== "local" && values.kubeconfig === undefined && existsSync(configFile)) {
    problems.push(
      `--stack is '${values.stack}': its managed cluster is not built yet; pass --kubeconfig PATH of a cluster that exists, or use the stack 'local'`,
    );
  }
  const apiPort = values["api-port"] === undefined ? undefined : Number(values["api-port"]);
  if (apiPort !== undefined && (!Number.isInteger(apiPort) || apiPort < 1024 || apiPort > 65535)) {
    problems.push(`--api-port is '${values["api-port"]}': it must be a whole number from 1024 to 65535`);
  }
  for (const flag of ["kubeconfig", "images"] as const) {
    const path = values[flag];
    if (path !== undefined && !existsSync(path)) problems.push(`--${flag} is '${path}': there is no such file`);
  }
  if (problems.length > 0) throw new UserError(problems, { exitCode: usageExitCode });
  return {
    region,
    stack: values.stack,
    configFile,
    simulate: values.simulate,
    kubeconfig: values.kubeconfig === undefined ? undefined : resolve(values.kubeconfig),
    images: values.images === undefined ? undefined : resolve(values.images),
    apiPort,
    previewOnly: values.preview,
    verbose: values.verbose,
  };
}
