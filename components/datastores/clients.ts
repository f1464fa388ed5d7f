import { isDnsLabel } from "../../config";
import type { FaultCollector } from "../../config";

/** Each client is the name of a workload, and is there once. */
export function checkClients(clients: readonly string[], faults: FaultCollector): void {
  for (const [index, client] of clients.entries()) {
    faults.require(isDnsLabel(client) && clients.indexOf(client) === index, {
      property: `clients[${index}]`,
      actual: client,
      rule: "must be the name of a workload, and be there once",
      wayOut: "list each workload's name once",
    });
  }
}
