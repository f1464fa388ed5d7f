import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { UserError } from "./errors";

/** What a machine must have before a region can run on it, and how to get it. */
interface Prerequisite {
  readonly command: string;
  readonly package: string;
}

/** Commands that set up namespaces and addresses; every other binary comes from the toolchain. */
const nodeCommands: readonly Prerequisite[] = [
  { command: "unshare", package: "util-linux" },
  { command: "nsenter", package: "util-linux" },
  { command: "mount", package: "mount (Debian, Ubuntu) or util-linux" },
  { command: "ip", package: "iproute2" },
];

/** The facts about a machine that decide what can run on it. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly architecture: string;
  readonly isRoot: boolean;
  readonly hasCommand: (command: string) => boolean;
}

/** This machine. */
export function thisMachine(): Machine {
  return {
    platform: process.platform,
    architecture: process.arch,
    isRoot: process.getuid?.() === 0,
    hasCommand: (command) => (process.env["PATH"] ?? "").split(delimiter).some((directory) => directory !== "" && isExecutable(join(directory, command))),
  };
}

function isExecutable(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Why this machine gets a simulated region although none was asked for; nothing when it can run a real one. */
export function whySimulated(machine: Machine): string | undefined {
  if (machine.platform !== "linux") return `this is ${machine.platform}, and containers need Linux`;
  if (!machine.isRoot) return "you are not root, and namespaces, mounts and containers need root";
  return undefined;
}

/** Fails with everything a real node misses here. */
export function requireNodeCommands(machine: Machine): void {
  const missing = nodeCommands.filter(({ command }) => !machine.hasCommand(command));
  if (missing.length === 0) return;
  throw new UserError([
    ...missing.map(({ command, package: name }) => `the command '${command}' is missing: install the package ${name}`),
    "or run with --simulate, which needs none of them",
  ]);
}
