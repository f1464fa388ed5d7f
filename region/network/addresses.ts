/** The network of one region in mode `node`: a /30 over a veth pair, told apart by its slot. */
export interface RegionNetwork {
  readonly slot: number;
  /** This machine's end. */
  readonly hostAddress: string;
  /** The region's end: node, API server and entry address. */
  readonly nodeAddress: string;
  readonly prefixLength: number;
  /** This machine's interface. */
  readonly hostInterface: string;
  /** Name of the region's interface until it is moved into the region's namespace, where it is `eth0`. */
  readonly peerInterface: string;
}

/** How many regions fit into 10.213.0.0/16 with the slot in the third byte. */
export const slotLimit = 256;
/** Name of the region's interface inside its namespace. */
export const nodeInterface = "eth0";
/** Longest interface name the kernel takes (IFNAMSIZ without its end mark). */
export const interfaceNameLimit = 15;

/** Addresses of pods; every region has the same, each in a network namespace of its own. */
export const podSubnet = "10.244.0.0/24";
export const serviceSubnet = "10.96.0.0/16";
/** First address of the service subnet: the API server. */
export const apiServiceAddress = "10.96.0.1";
export const dnsServiceAddress = "10.96.0.10";
export const clusterDomain = "cluster.local";

/** Addresses and interface names of a slot. */
export function networkOf(slot: number): RegionNetwork {
  if (!Number.isInteger(slot) || slot < 0 || slot >= slotLimit) throw new RangeError(`slot is ${slot}: it must be a whole number from 0 to ${slotLimit - 1}`);
  return {
    slot,
    hostAddress: `10.213.${slot}.1`,
    nodeAddress: `10.213.${slot}.2`,
    prefixLength: 30,
    hostInterface: `agflow${slot}`,
    peerInterface: `agflow${slot}p`,
  };
}

/** The first slot that nothing on this machine uses. */
export function firstFreeSlot(isTaken: (network: RegionNetwork) => boolean): number | undefined {
  for (let slot = 0; slot < slotLimit; slot += 1) {
    if (!isTaken(networkOf(slot))) return slot;
  }
  return undefined;
}
