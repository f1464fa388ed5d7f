import type { Layout } from "./directory";
import { RegionError } from "./errors";
import { otherRecords } from "./find";
import { makePrivateDirectory } from "./files";
import { withLock } from "./lock";
import { firstFreeSlot, networkOf, slotLimit } from "./network/addresses";
import { choosePorts, portNames, requireFreePorts } from "./network/ports";
import { belongsToAnother, createVeth, deleteVeth, isSlotInUse } from "./network/veth";
import { writeRecord } from "./record";
import type { RegionRecord } from "./record";
import type { StartOptions } from "./types";

/** Held by everybody on this machine who chooses a network or ports. */
const allocationLock = "allocation";

/**
 * Gives a region that does not run what it needs of this machine: loopback ports, or a network with its interfaces.
 *
 * What it had before it keeps where it can. All of it is in the record before it is made, so that a kill loses nothing.
 */
export function allocate(here: Layout, options: StartOptions, before: RegionRecord | undefined): Promise<RegionRecord> {
  const { name, mode, apiPort, signal } = options;
  return withLock(allocationLock, async () => {
    const others = otherRecords(name);
    const common = { version: 1 as const, name, mode };
    if (mode === "simulated") {
      if (before?.ports !== undefined) await requireFreePorts(before.ports);
      const reserved = new Set<number>(others.map(({ ports }) => ports).filter((ports) => ports !== undefined).flatMap((ports) => portNames.map((port) => ports[port])));
      const ports = before?.ports ?? (await choosePorts(here.root, apiPort, reserved));
      return write(here, { ...common, apiPort: apiPort ?? before?.apiPort, ports });
    }
    const slot = chooseSlot(here, before, new Set(others.map((other) => other.slot)));
    const record = write(here, { ...common, slot });
    await deleteVeth(slot, here.root);
    await createVeth(networkOf(slot), here.root, signal);
    return record;
  }, { signal });
}

function chooseSlot(here: Layout, before: RegionRecord | undefined, reserved: ReadonlySet<number | undefined>): number {
  if (before?.slot !== undefined && !belongsToAnother(networkOf(before.slot), here.root)) return before.slot;
  const slot = firstFreeSlot((network) => reserved.has(network.slot) || isSlotInUse(network));
  if (slot === undefined) throw new RegionError("start-failed", `all ${slotLimit} networks of 10.213.0.0/16 are in use on this machine: stop regions that are not needed`);
  return slot;
}

function write(here: Layout, record: RegionRecord): RegionRecord {
  makePrivateDirectory(here.root);
  writeRecord(here, record);
  return record;
}
