import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import type { Cgroups } from "./cgroups";
import { Layout, nodeRoot } from "./directory";
import { RegionError } from "./errors";
import { privateFileMode, readIfThere } from "./files";
import { regionMark } from "./marked-processes";
import { childOf, identify } from "./process-identity";
import type { ProcessIdentity } from "./process-identity";
import { waitFor } from "./wait";

const namespaceTimeoutMs = 10_000;
const pollMs = 20;
const shownLines = 10;
const namespaceScript = join(__dirname, "supervisor", "namespace.sh");

/** Joins each group named before `--`, so that all that follows is born in them, and becomes the command after it. */
const joinGroups = 'while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs" || exit 1; shift; done; shift; exec "$@"';

/** Starts the supervisor of a simulated region: a process like any other, in a session of its own. */
export function launchSimulated(here: Layout): ProcessIdentity {
  const pid = spawnDetached(here, process.execPath, [here.supervisorBundle, here.plan]);
  const identity = identify(pid);
  if (identity === undefined) throw new RegionError("start-failed", `the supervisor ended at once: see ${here.log("start")}`);
  return identity;
}

/** Starts the supervisor of a node in namespaces of its own and gives their first process. */
export async function launchNode(here: Layout, hostName: string, cgroups: Cgroups, signal?: AbortSignal): Promise<ProcessIdentity> {
  const inside = new Layout(nodeRoot);
  const controllers = cgroups.version === 2 ? "v2" : cgroups.controllers.join(" ");
  const launcher = spawnDetached(here, "sh", [
    "-c", joinGroups, "sh", ...cgroups.groups, "--",
    "unshare", "--net", "--mount", "--pid", "--ipc", "--uts", "--cgroup", "--fork", "--kill-child", "--mount-proc", "--propagation", "private",
    "sh", namespaceScript, here.root, hostName, controllers,
    process.execPath, inside.supervisorBundle, inside.plan,
  ]);
  const first = await waitFor(() => childOf(launcher) ?? (identify(launcher) === undefined ? "ended" : undefined), { timeoutMs: namespaceTimeoutMs, everyMs: pollMs, signal });
  if (first === undefined || first === "ended") throw namespacesFailed(here);
  return first;
}

/** The failure of the first process of a region's namespaces, in its own words. */
export function namespacesFailed(here: Layout, cause?: unknown): RegionError {
  const lines = readIfThere(here.log("start"))?.trim().split("\n").slice(-shownLines).join("\n") ?? "";
  return new RegionError("start-failed", `the region's namespaces could not be made; ${here.log("start")} ends with:\n${lines}`, { cause });
}

/** Starts a process that outlives this one and carries the region's mark; what it prints before its own logs are open goes to `start.log`. */
function spawnDetached(here: Layout, command: string, args: readonly string[]): number {
  const log = openSync(here.log("start"), "w", privateFileMode);
  try {
    const environment = Object.fromEntries(["PATH", "LANG", "TZ"].map((name) => [name, process.env[name]]));
    const child = spawn(command, args, { cwd: here.root, detached: true, stdio: ["ignore", log, log], env: { ...environment, [regionMark]: here.root } });
    child.once("error", () => undefined); // Told below: a process that could not start has no number.
    child.unref();
    if (child.pid === undefined) throw new RegionError("start-failed", `${command} could not be started`);
    return child.pid;
  } finally {
    closeSync(log);
  }
}
