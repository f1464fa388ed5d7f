import type { Static } from "typebox";
import { Problem, problem } from "../../kit/src";
import type { Entry, EtcdClient } from "../../kit/src/etcd";
import { absent, put, read, unchangedSince } from "../../kit/src/etcd";
import { MAX_ATTEMPTS, MAX_EVENT_DATA_BYTES, MAX_TOPICS } from "../limits";
import type { Event } from "../schemas";
import { TOPIC_HEADS, eventFolder, eventIdKey, eventKey, offsetOf, topicHeadKey } from "./keys";
import type { BusMetrics } from "./metrics";
import { OneAtATime } from "./one-at-a-time";
import type { Arrivals } from "./wait";

export type CloudEvent = Static<typeof Event>;

interface Head {
  /** Offset of the newest event. */
  readonly last: number;
}

export interface TopicPage {
  readonly events: readonly { readonly offset: number; readonly event: CloudEvent }[];
  readonly next: number;
  /** Events after the offset asked for that are no longer kept. */
  readonly missed: number;
}

export interface ReadArgs {
  readonly after: number;
  readonly limit: number;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/**
 * Topics in etcd: each event is under its offset, which is given in the transaction that stores the event. So whoever
 * has read up to an offset has seen all before it. Throws Problem and EtcdError.
 */
export class Topics {
  readonly #etcd: EtcdClient;
  readonly #arrivals: Arrivals;
  readonly #metrics: BusMetrics;
  readonly #publishing = new OneAtATime();

  constructor(args: { readonly etcd: EtcdClient; readonly arrivals: Arrivals; readonly metrics: BusMetrics }) {
    this.#etcd = args.etcd;
    this.#arrivals = args.arrivals;
    this.#metrics = args.metrics;
  }

  /** @returns the event's offset: the one it has, when an event of this source and id is kept already. */
  async publish(topic: string, event: CloudEvent, options: { readonly signal: AbortSignal }): Promise<number> {
    assertData(event);
    return this.#publishing.run(topic, async () => {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        const outcome = await this.#append(topic, event, options);
        if (outcome !== undefined) return outcome;
      }
      throw problem("unavailable", `topic '${topic}' was appended to by others ${MAX_ATTEMPTS} times meanwhile; try again`, { headers: { "retry-after": "1" } });
    });
  }

  /** Events after an offset; waits for some when there are none. */
  async read(topic: string, args: ReadArgs): Promise<TopicPage> {
    const until = Date.now() + args.waitMs;
    for (;;) {
      // The head first: what it names was stored before the events are listed, so what is not listed then is gone.
      const head = await this.#head(topic, args);
      const found = await this.#etcd.list(eventFolder(topic), { after: eventKey(topic, args.after), limit: args.limit, signal: args.signal });
      const page = pageOf(args.after, head === undefined ? 0 : (JSON.parse(head.value) as Head).last, found.entries);
      const leftMs = until - Date.now();
      // A reader who is ahead of the topic has read another one, from before a restore: it is told at once.
      if (page.events.length > 0 || page.missed > 0 || page.next < args.after || leftMs <= 0) return page;
      if (!(await this.#arrivals.wait(eventFolder(topic), found.revision, leftMs, args.signal))) return page;
    }
  }

  async list(options: { readonly signal: AbortSignal }): Promise<readonly { readonly topic: string; readonly lastOffset: number }[]> {
    const { entries } = await this.#etcd.list(TOPIC_HEADS, { limit: MAX_TOPICS, signal: options.signal });
    return entries.map(({ key, value }) => ({ topic: key.slice(TOPIC_HEADS.length), lastOffset: (JSON.parse(value) as Head).last }));
  }

  #head(topic: string, options: { readonly signal: AbortSignal }): Promise<Entry | undefined> {
    return this.#etcd.get(topicHeadKey(topic), { signal: options.signal });
  }

  /** Undefined when somebody else has appended meanwhile. */
  async #append(topic: string, event: CloudEvent, options: { readonly signal: AbortSignal }): Promise<number | undefined> {
    const headKey = topicHeadKey(topic);
    const idKey = eventIdKey(topic, event);
    const head = await this.#head(topic, options);
    if (head === undefined) await this.#assertPlace(topic, options);
    const offset = (head === undefined ? 0 : (JSON.parse(head.value) as Head).last) + 1;
    const outcome = await this.#etcd.txn(
      {
        when: [head === undefined ? absent(headKey) : unchangedSince(headKey, head.modRevision), absent(idKey)],
        then: [put(headKey, JSON.stringify({ last: offset } satisfies Head)), put(eventKey(topic, offset), JSON.stringify(event)), put(idKey, String(offset))],
        otherwise: [read(idKey)],
        // Made twice, the second one finds the event's id and gives back its offset.
        repeatable: "idempotent",
      },
      options,
    );
    if (outcome.succeeded) {
      this.#metrics.published(topic);
      return offset;
    }
    const [[known] = []] = outcome.reads;
    return known === undefined ? undefined : Number(known.value);
  }

  async #assertPlace(topic: string, options: { readonly signal: AbortSignal }): Promise<void> {
    const count = await this.#etcd.count(TOPIC_HEADS, options);
    if (count < MAX_TOPICS) return;
    throw new Problem({
      code: "too-many-topics",
      status: 429,
      title: "No further topic can be made",
      detail: `there are ${count} topics and at most ${MAX_TOPICS} are kept, so '${topic}' was not made; publish to one of those that are there`,
      headers: { "retry-after": "60" },
    });
  }
}

function pageOf(after: number, last: number, entries: readonly Entry[]): TopicPage {
  const events = entries.map(({ key, value }) => ({ offset: offsetOf(key), event: JSON.parse(value) as CloudEvent }));
  const first = events[0]?.offset ?? last + 1;
  const missed = Math.max(0, first - 1 - after);
  return { events, next: events.at(-1)?.offset ?? last, missed };
}

function assertData(event: CloudEvent): void {
  const bytes = event.data === undefined ? 0 : Buffer.byteLength(JSON.stringify(event.data));
  if (bytes <= MAX_EVENT_DATA_BYTES) return;
  const detail = `is ${bytes} bytes of JSON; at most ${MAX_EVENT_DATA_BYTES} are taken`;
  throw problem("invalid-request", `body '/data' ${detail}`, { violations: [{ in: "body", pointer: "/data", detail }] });
}
