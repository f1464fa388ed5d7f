import type { Counter } from "@opentelemetry/api";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger, Telemetry } from "../../kit/src";
import type { EtcdClient, Step } from "../../kit/src/etcd";
import { put } from "../../kit/src/etcd";
import { MAX_OUTBOX_EVENTS, MAX_RELAYS, OUTBOX_LEFT_BEHIND_MS, OUTBOX_SWEEP_MS } from "../limits";
import type { LifecycleEvent } from "./events";
import { OUTBOX, idIn, outboxKey } from "./keys";
import type { Relay } from "./relay";
import { madeAtMs } from "../../kit/src/uuid";

const PAGE = 100;

export interface OutboxArgs {
  readonly etcd: EtcdClient;
  readonly relay: Relay;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  /** @default MAX_OUTBOX_EVENTS */
  readonly maxEvents?: number;
}

/** An event that waits for the change it tells of. */
export interface Announcement {
  /** Belong into the transaction of the change. Empty: the outbox is full. */
  readonly steps: readonly Step[];
  /** To be called when the transaction was made. */
  readonly committed: () => void;
}

/**
 * Events on their way to the message bus. They are stored in the transaction of the change they tell of, so that none
 * is told that did not happen and none is forgotten; handed over right after it, and by a sweep when that failed; and
 * removed when the bus has them. No request waits for any of it, or fails because of it.
 */
export class Outbox {
  readonly #args: OutboxArgs;
  readonly #maxEvents: number;
  readonly #lost: Counter;
  readonly #relaying = new Map<string, Promise<void>>();
  /** As of the last sweep, of all replicas. Undefined: not known yet. */
  #waiting: number | undefined;
  #full = false;

  constructor(args: OutboxArgs) {
    const { meter } = args.telemetry;
    this.#args = args;
    this.#maxEvents = args.maxEvents ?? MAX_OUTBOX_EVENTS;
    this.#lost = meter.createCounter("outbox.lost_events", { description: "Changes without an event, because the outbox was full" });
    this.#lost.add(0);
    meter.createObservableGauge("outbox.events", { description: "Events of the region that wait for the message bus" }).addCallback((result) => {
      if (this.#waiting !== undefined) result.observe(this.#waiting);
    });
  }

  announce(event: LifecycleEvent): Announcement {
    if (this.#full) return { steps: [], committed: () => this.#lost.add(1) };
    return { steps: [put(outboxKey(event.id), JSON.stringify(event))], committed: () => void this.#start(event) };
  }

  /** Relays what was left behind, by this process or another. Ends with the signal; never rejects. */
  async sweepUntil(signal: AbortSignal, everyMs: number = OUTBOX_SWEEP_MS): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.sweep(signal);
      } catch (error) {
        if (!signal.aborted) this.#args.logger.warn({ err: error }, "the outbox could not be swept; trying again");
      }
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Relays all that is older than a moment, oldest first; stops when the bus takes nothing. Throws EtcdError. */
  async sweep(signal: AbortSignal, leftBehindMs: number = OUTBOX_LEFT_BEHIND_MS): Promise<void> {
    const { etcd } = this.#args;
    this.#counted(await etcd.count(OUTBOX, { signal }));
    for (let after: string | undefined; !signal.aborted; ) {
      const page = await etcd.list(OUTBOX, { after, limit: PAGE, signal });
      const old = page.entries.filter(({ key }) => madeAtMs(idIn(OUTBOX, key)) <= Date.now() - leftBehindMs);
      for (let from = 0; from < old.length; from += MAX_RELAYS) {
        const batch = old.slice(from, from + MAX_RELAYS).map(({ value }) => JSON.parse(value) as LifecycleEvent);
        const taken = await Promise.all(batch.map((event) => this.#hand(event)));
        if (!taken.some(Boolean) || signal.aborted) return;
      }
      after = page.entries.at(-1)?.key;
      if (!page.more) return;
    }
  }

  /** Waits for what is being handed over. What is left is another replica's, or the next start's. */
  async close(): Promise<void> {
    await Promise.all(this.#relaying.values());
  }

  #start(event: LifecycleEvent): void {
    if (this.#relaying.size >= MAX_RELAYS) return;
    const relaying = this.#hand(event).then(
      () => undefined,
      (error: unknown) => this.#args.logger.warn({ err: error, eventId: event.id }, "an event was handed over and could not be removed; it will be handed over again"),
    );
    this.#relaying.set(event.id, relaying);
    void relaying.finally(() => this.#relaying.delete(event.id));
  }

  /** @returns whether the bus has taken it. Throws EtcdError when it has and could not be removed. */
  async #hand(event: LifecycleEvent): Promise<boolean> {
    if (!(await this.#args.relay.publish(event))) return false;
    await this.#args.etcd.delete(outboxKey(event.id));
    return true;
  }

  #counted(waiting: number): void {
    this.#waiting = waiting;
    const full = waiting >= this.#maxEvents;
    if (full && !this.#full) this.#args.logger.error({ waiting, max: this.#maxEvents }, "the outbox is full: changes are made, and nobody is told of them");
    if (!full && this.#full) this.#args.logger.info({ waiting }, "the outbox has place again");
    this.#full = full;
  }
}
