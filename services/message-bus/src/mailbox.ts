import { SpanKind } from "@opentelemetry/api";
import { extractContext, withSpan } from "../../kit/src";
import type { Telemetry } from "../../kit/src";
import type { Entry, EtcdClient, Step } from "../../kit/src/etcd";
import { put, read, remove, unchangedSince } from "../../kit/src/etcd";
import { MAX_DELIVERIES } from "../limits";
import { PRIORITIES } from "../schemas";
import { deadKey, readyFolder, takenFolder, takenKey, visibleAtOf } from "./keys";
import type { DeadLetter, Delivery, MessageRecord } from "./message";
import type { BusMetrics } from "./metrics";
import { fromReceipt, toReceipt } from "./receipt";
import type { Arrivals } from "./wait";

const MS_PER_S = 1_000;

export interface ReceiveArgs {
  readonly agentId: string;
  readonly limit: number;
  readonly waitMs: number;
  readonly visibilitySeconds: number;
  readonly signal: AbortSignal;
}

/** What a look into a mailbox found. */
interface Found {
  /** Messages that can be handed out, first ones first. */
  readonly candidates: readonly Candidate[];
  /** Store revision of the look. */
  readonly revision: bigint;
  /** When the next message that was handed out comes back. Undefined: none is out. */
  readonly nextVisibleAtMs: number | undefined;
}

interface Candidate {
  readonly entry: Entry;
  readonly record: MessageRecord;
}

/**
 * Mailboxes in etcd. A message is under one key at any time: waiting, handed out until some moment, or dead. Each move
 * names the revision it was made from, so of two receivers one gets the message. Throws EtcdError.
 */
export class Mailboxes {
  readonly #etcd: EtcdClient;
  readonly #arrivals: Arrivals;
  readonly #metrics: BusMetrics;
  readonly #telemetry: Telemetry;

  constructor(args: { readonly etcd: EtcdClient; readonly arrivals: Arrivals; readonly metrics: BusMetrics; readonly telemetry: Telemetry }) {
    this.#etcd = args.etcd;
    this.#arrivals = args.arrivals;
    this.#metrics = args.metrics;
    this.#telemetry = args.telemetry;
  }

  /** Hands out messages, and waits for some when there are none. */
  async receive(args: ReceiveArgs): Promise<readonly Delivery[]> {
    const until = Date.now() + args.waitMs;
    for (;;) {
      const found = await this.#look(args);
      const deliveries = (await Promise.all(found.candidates.map((candidate) => this.#take(candidate, args)))).filter((each) => each !== undefined);
      if (deliveries.length > 0 || args.signal.aborted) return deliveries;
      // All candidates were expired, dead or taken by others meanwhile: there may be more behind them.
      if (found.candidates.length > 0) continue;
      const waitMs = Math.min(until, found.nextVisibleAtMs ?? until) - Date.now();
      if (Date.now() >= until) return [];
      if (!(await this.#arrivals.wait(readyFolder(args.agentId), found.revision, Math.max(1, waitMs), args.signal))) return [];
    }
  }

  /** @returns of each receipt whether it was the present one of a message, which is removed then. */
  async acknowledge(agentId: string, receipts: readonly string[], options: { readonly signal: AbortSignal }): Promise<readonly boolean[]> {
    const keys = receipts.map((receipt) => fromReceipt(agentId, receipt));
    const unique = [...new Set(keys)];
    const outcome = await this.#etcd.txn({ when: [], then: unique.flatMap((key): Step[] => [read(key), remove(key)]), repeatable: "idempotent" }, options);
    const there = new Set(unique.filter((_, index) => outcome.reads[index]?.[0] !== undefined));
    this.#metrics.acknowledged(there.size);
    return keys.map((key) => there.has(key));
  }

  async #look({ agentId, limit, signal }: ReceiveArgs): Promise<Found> {
    const [taken, ready] = await Promise.all([
      this.#etcd.list(takenFolder(agentId), { limit, signal }),
      this.#etcd.list(readyFolder(agentId), { limit, signal }),
    ]);
    const nowMs = Date.now();
    const back = taken.entries.filter(({ key }) => visibleAtOf(key) <= nowMs);
    const next = taken.entries[back.length];
    const candidates = [...back, ...ready.entries]
      .map((entry): Candidate => ({ entry, record: JSON.parse(entry.value) as MessageRecord }))
      .sort((a, b) => PRIORITIES.indexOf(a.record.priority) - PRIORITIES.indexOf(b.record.priority) || (a.record.id < b.record.id ? -1 : 1))
      .slice(0, limit);
    return { candidates, revision: ready.revision, nextVisibleAtMs: next === undefined ? undefined : visibleAtOf(next.key) };
  }

  /** Undefined when the message is expired, dead or no longer there. */
  async #take({ entry, record }: Candidate, args: ReceiveArgs): Promise<Delivery | undefined> {
    const { agentId, visibilitySeconds, signal } = args;
    const nowMs = Date.now();
    if (record.expiresAtMs <= nowMs) {
      if (await this.#move(entry, undefined, { signal })) this.#metrics.expired(1);
      return undefined;
    }
    if (record.deliveries >= MAX_DELIVERIES) {
      const dead: DeadLetter = { record, deadAtMs: nowMs };
      if (await this.#move(entry, put(deadKey(record), JSON.stringify(dead)), { signal })) this.#metrics.died();
      return undefined;
    }
    const visibleAtMs = nowMs + visibilitySeconds * MS_PER_S;
    const handedOut: MessageRecord = { ...record, deliveries: record.deliveries + 1 };
    const key = takenKey(record, visibleAtMs);
    // The hop belongs to the trace of whoever sent the message.
    const attributes = { "messaging.system": "agentic-flow", "messaging.operation.type": "receive", "messaging.message.id": record.id, "messaging.destination.name": agentId };
    const taken = await withSpan(this.#telemetry.tracer, "mailbox receive", attributes, () => this.#move(entry, put(key, JSON.stringify(handedOut)), { signal }), {
      kind: SpanKind.CONSUMER,
      parent: extractContext(record.trace),
    });
    if (!taken) return undefined;
    this.#metrics.delivered(nowMs - record.sentAtMs, handedOut.deliveries);
    return { record: handedOut, receipt: toReceipt(agentId, key), visibleAtMs };
  }

  /** @returns false when the message is no longer where it was. */
  async #move(from: Entry, to: Step | undefined, options: { readonly signal: AbortSignal }): Promise<boolean> {
    const then = [remove(from.key), ...(to === undefined ? [] : [to])];
    const outcome = await this.#etcd.txn({ when: [unchangedSince(from.key, from.modRevision)], then }, options);
    return outcome.succeeded;
  }
}
