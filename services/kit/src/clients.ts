import type { ServiceContract } from "../contract";
import { createClient } from "./client";
import type { ServiceClient } from "./client";
import type { Logger } from "./logger";
import type { Telemetry } from "./telemetry";

export interface Clients {
  /** Client of a service that the own contract names in `calls`; the same one each time. */
  readonly client: <D extends ServiceContract>(contract: D) => ServiceClient<D>;
  readonly close: () => Promise<void>;
}

export interface ClientsArgs {
  /** Of the service that calls. */
  readonly contract: ServiceContract;
  /** Base URL of each called service, by name. */
  readonly urls: Readonly<Record<string, string>>;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
}

/** Clients of the services that a contract calls, made when they are first asked for. */
export function openClients({ contract, urls, telemetry, logger }: ClientsArgs): Clients {
  const made = new Map<string, ServiceClient<ServiceContract>>();
  return {
    client: <D extends ServiceContract>(called: D): ServiceClient<D> => {
      const known = made.get(called.name);
      if (known !== undefined) return known;
      const baseUrl = urls[called.name];
      if (!contract.calls.includes(called.name) || baseUrl === undefined) {
        throw new Error(`'${contract.name}' has no way to '${called.name}'; add it to 'calls' of its contract (${contract.calls.join(", ") || "it calls nobody"})`);
      }
      const client = createClient(called, { baseUrl, telemetry, logger });
      made.set(called.name, client);
      return client;
    },
    close: async () => {
      await Promise.allSettled([...made.values()].map((client) => client.close()));
    },
  };
}
