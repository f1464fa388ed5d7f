import type { Counter } from "@opentelemetry/api";
import { randomUUID } from "node:crypto";
import type { Logger, Telemetry } from "../../kit/src";
import type { Redis } from "../../kit/src/redis";
import { CACHE_CLOSED_MS, CACHE_DEADLINE_MS, CACHE_ENTRY_MS, CACHE_LEASE_MS, CACHE_PAUSE_MS } from "../limits";
import { CLOSE, FILL, OPEN, READ } from "./cache-scripts";
import type { Address, Item } from "./item";

/** ioredis's client, as far as it is used here. */
type Client = Parameters<Parameters<Redis["run"]>[1]>[0];

/** What the cache knows. With a `lease`, the reader may bring the item in. */
export type Cached =
  | { readonly kind: "hit"; readonly item: Item }
  | { readonly kind: "lease"; readonly lease: Lease }
  | { readonly kind: "bypass" };

interface Lease {
  readonly entry: string;
  readonly token: string;
}

export interface ItemCacheArgs {
  readonly redis: Redis;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  /** Keys of this service begin with it. */
  readonly prefix: string;
}

/**
 * Items as PostgreSQL has them, in Redis, where they can vanish at any moment. No method throws: without Redis every
 * read is a bypass.
 *
 * An old value never outlives an acknowledged write: a writer closes the entry before its transaction, which removes
 * the value and the lease of every reader that is on its way from PostgreSQL, and opens it empty afterwards. What a
 * former life of the Redis server kept on disk is not looked at: entries carry the server's run in their name. The
 * one case that is left is a replica that cannot reach Redis while others can; `CACHE_ENTRY_MS` bounds it.
 */
export class ItemCache {
  readonly #args: ItemCacheArgs;
  readonly #reads: Counter;
  #run: string | undefined;
  #watching = false;
  #pausedUntil = -Infinity;

  constructor(args: ItemCacheArgs) {
    this.#args = args;
    this.#reads = args.telemetry.meter.createCounter("memory.cache.reads", { description: "Reads of items, by what the cache had" });
  }

  async read(address: Address): Promise<Cached> {
    const cached = await this.#read(address);
    this.#reads.add(1, { outcome: cached.kind });
    return cached;
  }

  async #read(address: Address): Promise<Cached> {
    if (performance.now() < this.#pausedUntil) return { kind: "bypass" };
    const token = randomUUID();
    const answer = await this.#attempt("READ", async (client) => {
      const entry = await this.#entry(client, address);
      const [kind, text] = (await client.eval(READ, 1, entry, token, CACHE_LEASE_MS)) as [string, string?];
      return { entry, kind, text };
    });
    if (answer === undefined) return { kind: "bypass" };
    if (answer.kind === "lease") return { kind: "lease", lease: { entry: answer.entry, token } };
    const item = answer.text === undefined ? undefined : (JSON.parse(answer.text) as Item);
    return item === undefined || hasExpired(item) ? { kind: "bypass" } : { kind: "hit", item };
  }

  /** Keeps what a reader with a lease has found, unless somebody wrote meanwhile. */
  async fill({ entry, token }: Lease, item: Item): Promise<void> {
    const lifeMs = Math.min(CACHE_ENTRY_MS, item.expiresAt === undefined ? Infinity : Date.parse(item.expiresAt) - Date.now());
    if (lifeMs < 1) return;
    await this.#attempt("FILL", (client) => client.eval(FILL, 1, entry, token, JSON.stringify(item), Math.floor(lifeMs)));
  }

  /** Before a change: from now on nobody is given what is there. */
  async close(address: Address): Promise<void> {
    await this.#attempt("CLOSE", async (client) => client.eval(CLOSE, 1, await this.#entry(client, address), CACHE_CLOSED_MS));
  }

  /** After a change that was made or was not. When that is not known, the entry has to stay closed until its time is up. */
  async open(address: Address): Promise<void> {
    await this.#attempt("OPEN", async (client) => client.eval(OPEN, 1, await this.#entry(client, address)));
  }

  async #entry(client: Client, { agentId, key }: Address): Promise<string> {
    if (!this.#watching) {
      client.on("close", () => (this.#run = undefined));
      this.#watching = true;
    }
    this.#run ??= runOf(await client.info("server"));
    return `${this.#args.prefix}item:${this.#run}:${agentId}/${key}`;
  }

  async #attempt<T>(operation: string, work: (client: Client) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#args.redis.run(operation, work, { deadlineMs: CACHE_DEADLINE_MS });
    } catch (error) {
      // One line per pause, however many reads there are.
      if (performance.now() >= this.#pausedUntil) this.#args.logger.warn({ err: error }, "the cache cannot be used; items come from PostgreSQL");
      this.#pausedUntil = performance.now() + CACHE_PAUSE_MS;
      return undefined;
    }
  }
}

function runOf(info: string): string {
  const run = /^run_id:([0-9a-f]+)/m.exec(info)?.[1];
  if (run === undefined) throw new Error("Redis did not tell its run_id");
  return run;
}

function hasExpired({ expiresAt }: Item): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= Date.now();
}
