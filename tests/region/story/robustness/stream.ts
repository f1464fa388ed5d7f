/** Requests of one kind, and what of them the region has acknowledged. */
export interface Stream {
  readonly name: string;
  /** Sends one request; rejects when it is not acknowledged. */
  readonly send: () => Promise<void>;
  /** How many were acknowledged. */
  readonly acknowledged: () => number;
  /** Reads everything back that was acknowledged, and names what is not there or is something else. */
  readonly lost: () => Promise<string[]>;
}

/** What makes a {@link Stream}: `T` is what one acknowledgement says. */
export interface StreamArgs<T> {
  readonly name: string;
  readonly write: () => Promise<T>;
  readonly lost: (acknowledged: readonly T[]) => Promise<string[]>;
}

/** Keeps the ledger of what was acknowledged. */
export function stream<T>({ name, write, lost }: StreamArgs<T>): Stream {
  const ledger: T[] = [];
  return {
    name,
    send: async () => {
      ledger.push(await write());
    },
    acknowledged: () => ledger.length,
    lost: () => lost(ledger),
  };
}

/** Readers at work at the same time when a ledger is checked. */
const CHECKS_AT_ONCE = 16;

/** Those of the acknowledged for which `isThere` says no; its error counts as a no that says why. */
export async function missingOf<T>(acknowledged: readonly T[], describe: (one: T) => string, isThere: (one: T) => Promise<boolean>): Promise<string[]> {
  const missing: string[] = [];
  const rest = [...acknowledged];
  const worker = async (): Promise<void> => {
    for (let one = rest.pop(); one !== undefined; one = rest.pop()) {
      const there = await isThere(one).catch((error: unknown) => String(error));
      if (there !== true) missing.push(`${describe(one)}${there === false ? "" : `: ${there}`}`);
    }
  };
  await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, worker));
  return missing;
}
