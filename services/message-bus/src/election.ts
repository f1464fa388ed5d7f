import { setTimeout as sleep } from "node:timers/promises";
import type { EtcdClient } from "../../kit/src/etcd";
import { absent, put } from "../../kit/src/etcd";
import type { Logger } from "../../kit/src";

/** After this time without a sign of life, another replica takes over. */
const LEASE_S = 15;
const TRY_EVERY_MS = 5_000;

export interface ElectedArgs {
  readonly etcd: EtcdClient;
  /** Key that the elected one holds. */
  readonly key: string;
  readonly instance: string;
  readonly logger: Logger;
  /** Pause between two pieces of work. @default 5000 */
  readonly everyMs?: number;
  /** One piece of work. Two replicas can do it at the same time for a moment, so it has to bear that. */
  readonly work: (signal: AbortSignal) => Promise<void>;
  /** Told when this replica is no longer the one. */
  readonly lost: () => void;
}

/** Does work again and again on one replica of a service: the one that holds a lease. Ends with the signal; never rejects. */
export async function whileElected(args: ElectedArgs, signal: AbortSignal): Promise<void> {
  const everyMs = args.everyMs ?? TRY_EVERY_MS;
  let lease: bigint | undefined;
  while (!signal.aborted) {
    try {
      lease = lease === undefined ? await stand(args, signal) : await keep(args, lease, signal);
      if (lease !== undefined) await args.work(signal);
    } catch (error) {
      if (!signal.aborted) args.logger.warn({ err: error }, "work of the elected replica failed; trying again");
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
  args.lost();
  // The next one need not wait until the lease has run out.
  if (lease !== undefined) await args.etcd.revokeLease(lease).catch(() => undefined);
}

/** @returns the lease that holds the key. Undefined: another replica holds it. */
async function stand({ etcd, key, instance }: ElectedArgs, signal: AbortSignal): Promise<bigint | undefined> {
  if ((await etcd.get(key, { signal })) !== undefined) return undefined;
  const lease = await etcd.grantLease(LEASE_S, { signal });
  const { succeeded } = await etcd.txn({ when: [absent(key)], then: [put(key, instance, lease)] }, { signal });
  if (succeeded) return lease;
  await etcd.revokeLease(lease, { signal });
  return undefined;
}

async function keep({ etcd, lost }: ElectedArgs, lease: bigint, signal: AbortSignal): Promise<bigint | undefined> {
  try {
    await etcd.keepLease(lease, { signal });
    return lease;
  } catch {
    lost();
    return undefined;
  }
}
