import type { Entry, EtcdClient } from "../../kit/src/etcd";
import { remove, unchangedSince } from "../../kit/src/etcd";
import { DEAD_LETTER_AGE_S, MAX_DEAD_LETTERS, MAX_TOPICS, MAX_TOPIC_EVENTS, TOPIC_AGE_S } from "../limits";
import { ALL_DEAD, MAILBOXES, TOPIC_HEADS, eventFolder, eventIdKey, parseMessageKey } from "./keys";
import type { BusMetrics } from "./metrics";
import type { CloudEvent } from "./topics";
import { madeAtMs } from "../../kit/src/uuid";

const PAGE = 1_000;
const EVENT_PAGE = 100;
/** Pages of one topic that one sweep removes; the next sweep goes on. */
const MAX_EVENT_PAGES = 20;
const MS_PER_S = 1_000;

export interface SweeperArgs {
  readonly etcd: EtcdClient;
  readonly metrics: BusMetrics;
  /** @default the limits of this service */
  readonly retention?: Partial<Retention>;
}

export interface Retention {
  readonly topicEvents: number;
  readonly topicAgeS: number;
  readonly deadLetters: number;
  readonly deadLetterAgeS: number;
}

const RETENTION: Retention = { topicEvents: MAX_TOPIC_EVENTS, topicAgeS: TOPIC_AGE_S, deadLetters: MAX_DEAD_LETTERS, deadLetterAgeS: DEAD_LETTER_AGE_S };

/** Removes what nobody may need any more, and counts what there is. Throws EtcdError. */
export class Sweeper {
  readonly #etcd: EtcdClient;
  readonly #metrics: BusMetrics;
  readonly #retention: Retention;

  constructor({ etcd, metrics, retention }: SweeperArgs) {
    this.#etcd = etcd;
    this.#metrics = metrics;
    this.#retention = { ...RETENTION, ...retention };
  }

  async sweep(signal: AbortSignal): Promise<void> {
    const mailboxes = await this.#sweepMailboxes(signal);
    const dead = await this.#sweepDeadLetters(signal);
    this.#metrics.swept({ ...mailboxes, dead });
    const { entries } = await this.#etcd.list(TOPIC_HEADS, { limit: MAX_TOPICS, keysOnly: true, signal });
    for (const { key } of entries) await this.#sweepTopic(key.slice(TOPIC_HEADS.length), signal);
  }

  /** Mailboxes that nobody reads hold expired messages. Only keys are read: they say all that is needed. */
  async #sweepMailboxes(signal: AbortSignal): Promise<{ readonly waiting: number; readonly taken: number; readonly oldestAgeS: number }> {
    const nowMs = Date.now();
    let [waiting, taken, oldestMs] = [0, 0, nowMs];
    for await (const entry of this.#keys(MAILBOXES, signal)) {
      const { id, expiresAtMs } = parseMessageKey(entry.key);
      if (expiresAtMs <= nowMs) {
        if (await this.#remove(entry, signal)) this.#metrics.expired(1);
        continue;
      }
      if (entry.key.includes("/taken/")) taken += 1;
      else waiting += 1;
      oldestMs = Math.min(oldestMs, madeAtMs(id));
    }
    return { waiting, taken, oldestAgeS: (nowMs - oldestMs) / MS_PER_S };
  }

  async #sweepDeadLetters(signal: AbortSignal): Promise<number> {
    const nowMs = Date.now();
    const { deadLetters, deadLetterAgeS } = this.#retention;
    const kept = new Map<string, Entry[]>();
    let count = 0;
    for await (const entry of this.#keys(ALL_DEAD, signal)) {
      const { agentId, id } = parseMessageKey(entry.key);
      const tooOld = nowMs - madeAtMs(id) > deadLetterAgeS * MS_PER_S;
      const own = kept.get(agentId) ?? [];
      kept.set(agentId, own);
      if (!tooOld) own.push(entry);
      // The keys come oldest first, so the first one is the one to go.
      const gone = tooOld ? entry : own.length > deadLetters ? own.shift() : undefined;
      if (gone === undefined) count += 1;
      else await this.#remove(gone, signal);
    }
    return count;
  }

  async #sweepTopic(topic: string, signal: AbortSignal): Promise<void> {
    const folder = eventFolder(topic);
    let surplus = (await this.#etcd.count(folder, { signal })) - this.#retention.topicEvents;
    const oldestMs = Date.now() - this.#retention.topicAgeS * MS_PER_S;
    for (let page = 0; page < MAX_EVENT_PAGES; page += 1) {
      const { entries, more } = await this.#etcd.list(folder, { limit: EVENT_PAGE, signal });
      for (const entry of entries) {
        const event = JSON.parse(entry.value) as CloudEvent;
        // An event without a time is kept until there are too many.
        const tooOld = event.time !== undefined && Date.parse(event.time) < oldestMs;
        if (surplus <= 0 && !tooOld) return;
        await this.#etcd.txn({ when: [], then: [remove(entry.key), remove(eventIdKey(topic, event))], repeatable: "idempotent" }, { signal });
        surplus -= 1;
      }
      if (!more) return;
    }
  }

  async #remove(entry: Entry, signal: AbortSignal): Promise<boolean> {
    const { succeeded } = await this.#etcd.txn({ when: [unchangedSince(entry.key, entry.modRevision)], then: [remove(entry.key)] }, { signal });
    return succeeded;
  }

  async *#keys(folder: string, signal: AbortSignal): AsyncGenerator<Entry> {
    for (let after: string | undefined; ; ) {
      const page = await this.#etcd.list(folder, { after, limit: PAGE, keysOnly: true, signal });
      yield* page.entries;
      after = page.entries.at(-1)?.key;
      if (!page.more || after === undefined) return;
    }
  }
}
