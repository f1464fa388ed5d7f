import { readdirSync, readFileSync } from "node:fs";

/** Processes of a container of this machine, by the id that its runtime gave it: its control group is named so. */
export function processesOf(containerId: string): number[] {
  const id = containerId.replace(/^containerd:\/\//, "");
  if (id === "") return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(id);
      } catch {
        return false; // It has ended since the folder was read.
      }
    })
    .map(Number);
}

/** Ends them as a power cut would. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
