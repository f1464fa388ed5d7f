import { Redis as Client } from "ioredis";
import type { RedisOptions } from "ioredis";
import { readFileSync } from "node:fs";
import type { Logger } from "../logger";
import { textOf } from "../store-error";
import { StoreCalls } from "../telemetry/store-calls";
import type { Telemetry } from "../telemetry";
import { within } from "../within";
import { RedisError, translate } from "./errors";

/** Where Redis is and how to get in. Files are read at every new connection, so they can be rotated. */
export interface RedisSettings {
  /** Has to be a name in the server's certificate. */
  readonly host: string;
  readonly port: number;
  /** User of Redis' access control list. */
  readonly user: string;
  readonly passwordFile: string;
  readonly caFile: string;
}

const CONNECT_TIMEOUT_MS = 2_000;
/** Redis answers in less than a millisecond; whoever waits longer is better off without it. */
const DEFAULT_DEADLINE_MS = 1_000;
const FIRST_PAUSE_MS = 50;
const LARGEST_PAUSE_MS = 2_000;

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** From the call to its answer. @default 1000 */
  readonly deadlineMs?: number;
}

/** One connection to Redis. It comes back by itself; while it is gone, calls fail at once. */
export interface Redis {
  /** @param operation one of a few names, such as `GET`: it becomes a label. @throws RedisError */
  run<T>(operation: string, work: (client: Client) => Promise<T>, options?: RunOptions): Promise<T>;
  /** Throws while Redis cannot be used, with the reason. */
  check(signal: AbortSignal): Promise<void>;
  end(): Promise<void>;
}

export interface RedisArgs {
  readonly settings: RedisSettings;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  /** What Redis shows for our connection. */
  readonly clientName: string;
}

/** Starts to connect at once and does not wait for it, so that a service starts without Redis too. */
export function createRedis(args: RedisArgs): Redis {
  return new ConnectedRedis(args);
}

class ConnectedRedis implements Redis {
  readonly #client: Client;
  readonly #calls: StoreCalls;
  /** Why there is no connection now. */
  #reason: string | undefined;

  constructor({ settings, telemetry, logger, clientName }: RedisArgs) {
    this.#calls = new StoreCalls({
      telemetry, system: "redis", attributes: { "server.address": settings.host, "server.port": settings.port },
    });
    const client = new Client(optionsOf(settings, clientName, (times) => {
      const fault = refresh(client, settings);
      if (fault !== undefined) this.#reason = fault;
      return Math.min(LARGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(times, 10)) * (0.5 + Math.random() / 2);
    }));
    this.#client = client;
    client.on("error", (error: Error) => {
      // Every attempt to connect ends here; one line when it begins to fail is enough.
      if (this.#reason === undefined) logger.warn({ err: error }, "Redis cannot be reached; trying again");
      this.#reason = textOf(error);
    });
    client.on("ready", () => {
      if (this.#reason !== undefined) logger.info("Redis is back");
      this.#reason = undefined;
    });
    const fault = refresh(client, settings);
    if (fault !== undefined) this.#reason = fault;
    // A failure of the first attempt is told by 'error', as those of all further ones.
    client.connect().catch(() => undefined);
  }

  run<T>(operation: string, work: (client: Client) => Promise<T>, options: RunOptions = {}): Promise<T> {
    return this.#calls.run(operation, {}, async () => {
      if (this.#client.status !== "ready") {
        throw new RedisError("unavailable", `${operation}: no connection to Redis${this.#reason === undefined ? "" : ` (${this.#reason})`}`);
      }
      try {
        return await within(options.deadlineMs ?? DEFAULT_DEADLINE_MS, options.signal, () => work(this.#client));
      } catch (error) {
        throw translate(operation, error);
      }
    });
  }

  async check(signal: AbortSignal): Promise<void> {
    await this.run("PING", (client) => client.ping(), { signal });
  }

  async end(): Promise<void> {
    this.#client.disconnect(false);
    return Promise.resolve();
  }
}

function optionsOf({ host, port, user }: RedisSettings, clientName: string, retryStrategy: (times: number) => number): RedisOptions {
  return {
    host, port, username: user, connectionName: clientName,
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAlive: 10_000,
    // A command waits for no connection, and is not sent a second time: it might not be the same twice.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy,
    tls: { rejectUnauthorized: true },
  };
}

/** Reads the credentials for the next attempt. @returns what is wrong with them. */
function refresh(client: Client, settings: RedisSettings): string | undefined {
  try {
    client.options.password = readFileSync(settings.passwordFile, "utf8").trim();
    client.options.tls = { rejectUnauthorized: true, host: settings.host, ca: readFileSync(settings.caFile, "utf8") };
    return undefined;
  } catch (error) {
    return textOf(error);
  }
}
