import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./command";
import { RegionError } from "./errors";

/** Commands of the machine that a real node needs, and the packages they come in. */
const commands: Readonly<Record<string, string>> = { unshare: "util-linux", nsenter: "util-linux", mount: "mount (Debian, Ubuntu) or util-linux", ip: "iproute2" };
const bridgeSettings = "/proc/sys/net/bridge";
const bridgeModule = "br_netfilter";
const simulateInstead = "or run with --simulate";

/** Fails with everything that this machine lacks for mode `node`. */
export async function requireNodePrerequisites(signal?: AbortSignal): Promise<void> {
  const problems: string[] = [];
  if (process.platform !== "linux") problems.push(`mode is 'node': this machine runs ${process.platform}, and containers need Linux; use Linux, ${simulateInstead}`);
  if (process.getuid?.() !== 0) problems.push(`mode is 'node': you are not root, and namespaces, mounts and containers need root; become root, ${simulateInstead}`);
  for (const [command, packageName] of Object.entries(commands)) {
    if (!isOnPath(command)) problems.push(`command '${command}' is missing: install the package ${packageName}, ${simulateInstead}`);
  }
  if (problems.length === 0 && !(await hasBridgeFilter(signal))) {
    problems.push(`kernel module ${bridgeModule} is missing, without which Services and NetworkPolicies do not see pods of one node: load it with \`modprobe ${bridgeModule}\`, ${simulateInstead}`);
  }
  if (problems.length > 0) throw new RegionError("prerequisite", problems);
}

/** Whether traffic over bridges passes iptables; loads the kernel's module for it where that is all it takes. */
async function hasBridgeFilter(signal: AbortSignal | undefined): Promise<boolean> {
  if (existsSync(bridgeSettings)) return true;
  try {
    await run("modprobe", [bridgeModule], { signal });
  } catch {
    signal?.throwIfAborted();
  }
  return existsSync(bridgeSettings);
}

function isOnPath(command: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => folder !== "" && isExecutable(join(folder, command)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
