import { SpanKind } from "@opentelemetry/api";
import type { Counter } from "@opentelemetry/api";
import { setTimeout as sleep } from "node:timers/promises";
import { extractContext, withSpan } from "../../kit/src";
import type { Logger, ServiceClient, Telemetry } from "../../kit/src";
import type { Postgres } from "../../kit/src/postgres";
import { LIFECYCLE_TOPIC } from "../../agent/contract";
import type { contract as busContract } from "../../message-bus/contract";
import { CONSUMER_LEASE_S, CONSUMER_STAND_BY_MS, CONSUME_BATCH, CONSUME_EVERY_MS } from "../limits";
import { toChange } from "./lifecycle";
import type { LifecycleChange } from "./lifecycle";
import type { Reconciler } from "./reconciler";
import { record } from "./timeline";
import { untraced } from "./untraced";

/** At most one line about a failure that goes on in this time. */
const FAILURE_LOG_EVERY_MS = 60_000;
const READ_DEADLINE_MS = 5_000;
const RECONCILE_AGAIN_MS = 30_000;

export interface ConsumerArgs {
  readonly bus: ServiceClient<typeof busContract>;
  readonly postgres: Postgres;
  readonly reconciler: Pick<Reconciler, "reconcile">;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  /** Name of this replica. */
  readonly instance: string;
}

/** How one turn ended: `stand-by` when another replica consumes, `more` when there may be more to read at once. */
export type Turn = "stand-by" | "idle" | "more";

/**
 * Brings the events of `agent.lifecycle` into the timeline. The offset is stored in the transaction that holds the
 * events' effect, so each takes effect once, however often it is read. One replica consumes, as long as it renews a
 * lease in the same table; two that think they do are told apart by the offset.
 */
export class Consumer {
  readonly #args: ConsumerArgs;
  readonly #applied: Counter;
  readonly #missed: Counter;
  readonly #unusable: Counter;
  #lastFailureLogAt = -Infinity;
  #reconciled = false;
  /** When the agents themselves are to be read, on the clock of `performance`. Undefined: nothing is missing. */
  #reconcileAt: number | undefined;

  constructor(args: ConsumerArgs) {
    const { meter } = args.telemetry;
    this.#args = args;
    this.#applied = meter.createCounter("timeline.events", { description: "Events that were recorded" });
    this.#missed = meter.createCounter("timeline.missed_events", { description: "Events that the bus no longer had when they were asked for" });
    this.#unusable = meter.createCounter("timeline.unusable_events", { description: "Events that tell of nothing this service knows" });
  }

  /** Ends with the signal; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pauseMs = await untraced(() => this.turn(signal)).then(
        (turn) => ({ "stand-by": CONSUMER_STAND_BY_MS, idle: CONSUME_EVERY_MS, more: 0 })[turn],
        (error: unknown) => this.#failed(error, signal),
      );
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Reads once, and records what came. Throws PostgresError and CallError; a later turn goes on from the same place. */
  async turn(signal: AbortSignal): Promise<Turn> {
    const { bus } = this.#args;
    const offset = await this.#claim(signal);
    if (offset === undefined) return "stand-by";
    const call = { params: { topic: LIFECYCLE_TOPIC }, query: { after: offset, limit: CONSUME_BATCH }, signal, deadlineMs: READ_DEADLINE_MS };
    const { body } = await bus.call("readEvents", call);
    // A topic that ends before what was read of it is another one, of a backup or a rebuilt store.
    const begun = body.next < offset;
    if (begun) this.#args.logger.warn({ offset, next: body.next }, "the topic ends before what was read of it; reading goes on from its end");
    await this.#fillGaps(offset, body.missed, begun, signal);
    if (body.next === offset) return "idle";
    const changes = body.events.map(({ event }) => toChange(event));
    await this.#apply(offset, body.next, changes, signal);
    return body.events.length === CONSUME_BATCH ? "more" : "idle";
  }

  /** @returns the offset to go on from. Undefined: another replica consumes. */
  async #claim(signal: AbortSignal): Promise<number | undefined> {
    const { postgres, instance } = this.#args;
    await postgres.query("insert into consumer (topic) values ($1) on conflict do nothing", [LIFECYCLE_TOPIC], { signal });
    const { rows } = await postgres.query<{ last_offset: string }>(
      `update consumer set holder = $2, held_until = clock_timestamp() + make_interval(secs => $3)
       where topic = $1 and (holder = $2 or held_until < clock_timestamp()) returning last_offset`,
      [LIFECYCLE_TOPIC, instance, CONSUMER_LEASE_S],
      { signal },
    );
    return rows[0] === undefined ? undefined : Number(rows[0].last_offset);
  }

  async #apply(from: number, to: number, changes: readonly (LifecycleChange | undefined)[], signal: AbortSignal): Promise<void> {
    const { postgres, logger } = this.#args;
    let applied = 0;
    await postgres.transaction(
      async ({ query }) => {
        const moved = await query("update consumer set last_offset = $3 where topic = $1 and last_offset = $2", [LIFECYCLE_TOPIC, from, to]);
        if (moved.count === 0) throw new Error(`another replica has read '${LIFECYCLE_TOPIC}' beyond ${from}; this one goes on from there`);
        for (const change of changes) if (change !== undefined && (await this.#record(query, change))) applied += 1;
      },
      { signal },
    );
    this.#applied.add(applied);
    const unusable = changes.filter((change) => change === undefined).length;
    if (unusable === 0) return;
    this.#unusable.add(unusable);
    logger.warn({ unusable, after: from, to }, "events were left out: they tell of nothing that this service knows");
  }

  /** In the trace of the request that made the change: this is its last hop. */
  #record(query: Parameters<typeof record>[0], change: LifecycleChange): Promise<boolean> {
    const attributes = { "messaging.system": "agentic-flow", "messaging.operation.type": "process", "messaging.message.id": change.id, "messaging.destination.name": LIFECYCLE_TOPIC };
    return withSpan(this.#args.telemetry.tracer, "timeline record", attributes, () => record(query, change), {
      kind: SpanKind.CONSUMER,
      parent: extractContext(change.trace),
    });
  }

  /**
   * What was missed is not in the topic any more, and agents from before the topic never were: the agents themselves
   * are read. Events go on when that fails, and it is tried again after a while.
   */
  async #fillGaps(offset: number, missed: number, begun: boolean, signal: AbortSignal): Promise<void> {
    const { reconciler, logger } = this.#args;
    if (missed > 0) {
      this.#missed.add(missed);
      logger.warn({ missed }, "events were gone before they were read; the agents themselves are read");
    }
    if (missed > 0 || begun || (offset === 0 && !this.#reconciled)) this.#reconcileAt ??= 0;
    if (this.#reconcileAt === undefined || performance.now() < this.#reconcileAt) return;
    try {
      await reconciler.reconcile(signal);
      this.#reconciled = true;
      this.#reconcileAt = undefined;
    } catch (error) {
      this.#reconcileAt = performance.now() + RECONCILE_AGAIN_MS;
      if (!signal.aborted) logger.warn({ err: error }, "the agents could not be read; what events have not told is not known yet");
    }
  }

  #failed(error: unknown, signal: AbortSignal): number {
    const now = performance.now();
    if (!signal.aborted && now - this.#lastFailureLogAt >= FAILURE_LOG_EVERY_MS) {
      this.#lastFailureLogAt = now;
      this.#args.logger.warn({ err: error }, "events could not be taken into the timeline; trying again");
    }
    return CONSUMER_STAND_BY_MS;
  }
}
