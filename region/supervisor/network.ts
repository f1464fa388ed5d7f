import { existsSync, writeFileSync } from "node:fs";
import { run } from "../command";
import { RegionError } from "../errors";
import { serviceSubnet } from "../network/addresses";
import type { RegionPlan } from "../processes/plan";
import { waitFor } from "../wait";

const interfaceTimeoutMs = 20_000;
const pollMs = 20;

/** What a node forwards for its pods, inside the region's own network namespace. */
const kernelSettings: Readonly<Record<string, string>> = {
  "/proc/sys/net/ipv4/ip_forward": "1",
  "/proc/sys/net/bridge/bridge-nf-call-iptables": "1",
};

/** Waits for the region's end of the veth pair and gives it its address. */
export async function setUpNetwork(network: NonNullable<RegionPlan["network"]>, signal: AbortSignal): Promise<void> {
  const attached = await waitFor(() => existsSync(`/sys/class/net/${network.interface}`), { timeoutMs: interfaceTimeoutMs, everyMs: pollMs, signal });
  if (attached === undefined) throw new RegionError("start-failed", `interface ${network.interface} did not appear in the region's namespace within ${interfaceTimeoutMs} ms: the command that starts the region was ended; start it again`);
  await run("ip", ["link", "set", "lo", "up"], { signal });
  await run("ip", ["address", "replace", `${network.address}/${network.prefixLength}`, "dev", network.interface], { signal });
  await run("ip", ["link", "set", network.interface, "up"], { signal });
  // The node's own packets to a Service are sent on to a pod only if they seem to have a way out to begin with.
  await run("ip", ["route", "replace", serviceSubnet, "dev", network.interface], { signal });
  for (const [path, value] of Object.entries(kernelSettings)) writeFileSync(path, value);
}
