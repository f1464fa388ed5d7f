import { StoreError, problem } from "../../kit/src";
import { toVector } from "./embedding";
import type { Address, Item, ItemHead, NewItem, Precondition } from "./item";
import type { ItemCache } from "./item-cache";
import type { ItemFilter, ItemRepository } from "./item-repository";
import { toJson } from "./value";
import type { VectorSpace } from "./vector-space";

interface Options {
  readonly signal?: AbortSignal | undefined;
}

export interface ItemsArgs {
  readonly repository: ItemRepository;
  readonly cache: ItemCache;
  readonly space: VectorSpace;
}

/** What agents remember, by key. PostgreSQL is the truth. Throws Problem and PostgresError. */
export class Items {
  readonly #args: ItemsArgs;

  constructor(args: ItemsArgs) {
    this.#args = args;
  }

  /** @throws Problem 404. */
  async get(address: Address, options: Options = {}): Promise<Item> {
    const { repository, cache } = this.#args;
    const cached = await cache.read(address);
    if (cached.kind === "hit") return cached.item;
    const item = await repository.find(address, options);
    if (item === undefined) throw absent(address);
    if (cached.kind === "lease") await cache.fill(cached.lease, item);
    return item;
  }

  /** @throws Problem 400, 412. */
  async put(wanted: NewItem, precondition: Precondition, options: Options = {}): Promise<{ readonly head: ItemHead; readonly created: boolean }> {
    const { repository, space } = this.#args;
    const { value, embedding } = wanted;
    const stored = { ...wanted, value: toJson(value), embedding: embedding === undefined ? undefined : toVector(embedding, space.dimension) };
    await space.check(options.signal);
    return this.#change(wanted, () => repository.put(stored, (current) => judge(wanted, current, precondition), options));
  }

  /** @throws Problem 404, 412. */
  async delete(address: Address, precondition: Precondition, options: Options = {}): Promise<void> {
    await this.#change(address, () =>
      this.#args.repository.delete(address, (current) => {
        judge(address, current, precondition);
        if (current === undefined) throw absent(address);
      }, options),
    );
  }

  /** In the order of their keys. */
  list(agentId: string, filter: ItemFilter, page: Options & { readonly after: string | undefined; readonly limit: number }): Promise<ItemHead[]> {
    return this.#args.repository.list(agentId, filter, page);
  }

  async #change<T>(address: Address, work: () => Promise<T>): Promise<T> {
    const { cache } = this.#args;
    await cache.close(address);
    let settled = true;
    try {
      return await work();
    } catch (error) {
      settled = !(error instanceof StoreError && error.applied === "unknown");
      throw error;
    } finally {
      if (settled) await cache.open(address);
    }
  }
}

function judge(address: Address, current: ItemHead | undefined, precondition: Precondition): void {
  const fits =
    precondition.kind === "any" ||
    (precondition.kind === "absent" ? current === undefined : current !== undefined && (precondition.kind === "present" || current.revision === precondition.revision));
  if (fits) return;
  const now = current === undefined ? "is not there" : `is at revision ${current.revision}`;
  throw problem("precondition-failed", `item '${address.key}' of agent '${address.agentId}' ${now}; read it again`, {
    extensions: { currentRevision: current?.revision ?? null },
  });
}

function absent({ agentId, key }: Address): Error {
  return problem("not-found", `agent '${agentId}' has no item '${key}'`);
}
