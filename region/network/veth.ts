import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { RegionError } from "../errors";
import { run } from "../command";
import { readIfThere } from "../files";
import { networkOf, nodeInterface } from "./addresses";
import type { RegionNetwork } from "./addresses";

/** Whether this machine has an interface of that name in this network namespace. */
export function hasInterface(name: string): boolean {
  return existsSync(`/sys/class/net/${name}`);
}

/** Whether an address or interface of a slot is in use here, by a region of any user or by anything else. */
export function isSlotInUse(network: RegionNetwork): boolean {
  if (hasInterface(network.hostInterface) || hasInterface(network.peerInterface)) return true;
  const prefix = network.hostAddress.slice(0, network.hostAddress.lastIndexOf(".") + 1);
  return Object.values(networkInterfaces()).flat().some((entry) => entry?.address.startsWith(prefix) === true);
}

/** Makes the pair, with both ends still on this machine, so that the slot shows as taken. `owner` says whose it is. */
export async function createVeth(network: RegionNetwork, owner: string, signal?: AbortSignal): Promise<void> {
  await run("ip", ["link", "add", network.hostInterface, "type", "veth", "peer", "name", network.peerInterface], { signal });
  await run("ip", ["link", "set", "dev", network.hostInterface, "alias", owner], { signal });
}

/** Moves the region's end into the namespace of process `pid` and brings this machine's end up. */
export async function attachVeth(network: RegionNetwork, pid: number, signal?: AbortSignal): Promise<void> {
  await run("ip", ["link", "set", network.peerInterface, "netns", String(pid), "name", nodeInterface], { signal });
  await run("ip", ["address", "replace", `${network.hostAddress}/${network.prefixLength}`, "dev", network.hostInterface], { signal });
  await run("ip", ["link", "set", network.hostInterface, "up"], { signal });
}

/** Whether a slot's interface exists and is somebody else's. One without a name was left by a kill during its making: by us. */
export function belongsToAnother(network: RegionNetwork, owner: string): boolean {
  const alias = readIfThere(`/sys/class/net/${network.hostInterface}/ifalias`)?.trim();
  return alias !== undefined && alias !== "" && alias !== owner;
}

/** Removes the pair of a slot if it is there and its owner's; tells whether it was. */
export async function deleteVeth(slot: number, owner: string): Promise<boolean> {
  const network = networkOf(slot);
  const { hostInterface } = network;
  if (!hasInterface(hostInterface) || belongsToAnother(network, owner)) return false;
  try {
    await run("ip", ["link", "delete", hostInterface]);
  } catch (error) {
    // The kernel removes the pair by itself when the region's namespace ends, maybe just now.
    if (hasInterface(hostInterface)) throw new RegionError("stop-failed", `interface ${hostInterface} could not be removed: remove it with \`ip link delete ${hostInterface}\``, { cause: error });
  }
  return true;
}
