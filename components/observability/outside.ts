import type { OutsideDestination } from "../workload/args";

/** Where a name outside the cluster may lead; what it resolves to is not known here, and changes. */
const ANYWHERE = "0.0.0.0/0";

/** What a network policy has to let through so that a URL outside the cluster can be reached. */
export function outside(url: string): OutsideDestination {
  const { protocol, port } = new URL(url);
  return { cidr: ANYWHERE, port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port) };
}

/** The same for URLs that may not be set. */
export function outsideAll(...urls: readonly (string | undefined)[]): OutsideDestination[] {
  return urls.filter((url) => url !== undefined).map(outside);
}
