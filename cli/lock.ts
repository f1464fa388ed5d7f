import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheRoot } from "../toolchain/cache-root";
import { UserError } from "./errors";

/** Who holds a lock: a process id alone could since have become another process's. */
interface Holder {
  readonly pid: number;
  readonly startedAt: string;
}

/** When a process began, in the kernel's own clock; where there is no /proc, nothing, and the id alone counts. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command's name may hold spaces and brackets: fields are counted from behind the last one.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

function isAlive({ pid, startedAt }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return startOf(pid) === startedAt;
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Holder;
  } catch {
    // Gone meanwhile, or cut short by a kill: nobody holds it.
    return undefined;
  }
}

/** How often a lock whose holder is dead is taken over before we give up. */
const takeoverLimit = 3;

/**
 * Runs `work` while no other command changes the same region. The lock of a killed command is taken over.
 *
 * @throws UserError when another command is at work on the region.
 */
export async function withRegionLock<T>(region: string, work: () => Promise<T>): Promise<T> {
  const folder = join(cacheRoot(), "regions");
  const path = join(folder, `${region}.lock`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const me: Holder = { pid: process.pid, startedAt: startOf(process.pid) };
  for (let attempt = 0; ; attempt += 1) {
    try {
      await writeFile(path, JSON.stringify(me), { flag: "wx", mode: 0o600 });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const holder = await readHolder(path);
      if ((holder !== undefined && isAlive(holder)) || attempt >= takeoverLimit) {
        throw new UserError(`another command (process ${holder?.pid ?? "unknown"}) is at work on region '${region}': wait for it to end, or stop it`, { cause: error });
      }
      await rm(path, { force: true });
    }
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}
