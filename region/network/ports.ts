import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { RegionError, systemCode } from "../errors";
import type { ControlPlanePorts } from "../settings";
import { waitFor } from "../wait";

const loopback = "127.0.0.1";
/** Below the range from which systems take ports for outgoing connections, so that a chosen port stays free. */
const firstPort = 21_000;
const lastPort = 29_999;
const releaseTimeoutMs = 3_000;
const pollMs = 100;
/** Names of the ports, in the order of their numbers. */
export const portNames = ["api", "etcd", "etcdPeer", "controllerManager", "scheduler"] as const satisfies readonly (keyof ControlPlanePorts)[];

/** Whether somebody listens on a loopback port, or the system does not let us. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error) => {
      const code = systemCode(error);
      if (code === "EADDRINUSE" || code === "EACCES") resolve(false);
      else reject(error);
    });
    server.listen({ host: loopback, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * Ports for a new simulated region: a run of neighbours that are free now and belong to no other region.
 *
 * @param seed where the search begins: regions that do not know of each other begin at different places
 * @param apiPort the API server's port if the user chose one
 * @param reserved ports of regions that exist, running or not
 */
export async function choosePorts(seed: string, apiPort: number | undefined, reserved: ReadonlySet<number>, isFree: (port: number) => Promise<boolean> = isPortFree): Promise<ControlPlanePorts> {
  if (apiPort !== undefined) await requireFreeApiPort(apiPort, reserved, isFree);
  const blocks = Math.floor((lastPort - firstPort + 1) / portNames.length);
  const begin = createHash("sha256").update(seed).digest().readUInt32BE() % blocks;
  for (let index = 0; index < blocks; index += 1) {
    const first = firstPort + ((begin + index) % blocks) * portNames.length;
    const block = portNames.map((_, offset) => first + offset);
    if (block.some((port) => reserved.has(port) || port === apiPort)) continue;
    const free = await Promise.all(block.map(isFree));
    if (!free.every(Boolean)) continue;
    const ports = Object.fromEntries(portNames.map((name, offset) => [name, first + offset])) as Record<keyof ControlPlanePorts, number>;
    return { ...ports, api: apiPort ?? ports.api };
  }
  throw new RegionError("port-in-use", `no ${portNames.length} neighbouring free ports between ${firstPort} and ${lastPort} on ${loopback}: stop regions that are not needed`);
}

async function requireFreeApiPort(apiPort: number, reserved: ReadonlySet<number>, isFree: (port: number) => Promise<boolean>): Promise<void> {
  if (reserved.has(apiPort)) {
    throw new RegionError("port-in-use", `apiPort is ${apiPort}: another region on this machine has it; choose another with --api-port, or leave it out`);
  }
  if (!(await isFree(apiPort))) {
    throw new RegionError("port-in-use", `apiPort is ${apiPort}: another program listens on ${loopback}:${apiPort}; end it, or choose another with --api-port, or leave it out`);
  }
}

/**
 * Fails when something else has taken a port of a region that is to start again.
 *
 * @param patienceMs how long a port may take to become free: the system closes those of a killed process a moment later
 */
export async function requireFreePorts(ports: ControlPlanePorts, isFree: (port: number) => Promise<boolean> = isPortFree, patienceMs: number = releaseTimeoutMs): Promise<void> {
  let taken: (keyof ControlPlanePorts)[] = [];
  await waitFor(async () => {
    const free = await Promise.all(portNames.map((name) => isFree(ports[name])));
    taken = portNames.filter((_, index) => free[index] !== true);
    return taken.length === 0;
  }, { timeoutMs: patienceMs, everyMs: pollMs });
  if (taken.length === 0) return;
  throw new RegionError(
    "port-in-use",
    taken.map((name) => `${name} port is ${ports[name]}: another program took it on ${loopback} while the region was down; end that program, or stop the region and start it anew`),
  );
}
