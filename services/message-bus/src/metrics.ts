import type { Counter, Histogram, Meter } from "@opentelemetry/api";

/** What a sweep counted in the whole region. */
export interface Levels {
  readonly waiting: number;
  readonly taken: number;
  readonly dead: number;
  /** Age of the oldest message that nobody acknowledged, in seconds; 0 when there is none. */
  readonly oldestAgeS: number;
}

/** What the message bus counts, beside what every service does. */
export class BusMetrics {
  readonly #delivered: Counter;
  readonly #delay: Histogram;
  readonly #acknowledged: Counter;
  readonly #dead: Counter;
  readonly #expired: Counter;
  readonly #published: Counter;
  #levels: Levels | undefined;

  constructor(meter: Meter) {
    this.#delivered = meter.createCounter("mailbox.deliveries", { description: "Messages handed out; 'again' is true from the second time on" });
    this.#delay = meter.createHistogram("mailbox.delivery.duration", { unit: "s", description: "Time from a message's sending to its first delivery" });
    this.#acknowledged = meter.createCounter("mailbox.acknowledgements", { description: "Messages that were acknowledged" });
    this.#dead = meter.createCounter("mailbox.dead_letters", { description: "Messages that were handed out too often" });
    this.#expired = meter.createCounter("mailbox.expirations", { description: "Messages whose time was over before they were acknowledged" });
    this.#published = meter.createCounter("topic.events", { description: "Events appended to topics" });
    this.#dead.add(0);
    this.#expired.add(0);
    this.#observe(meter);
  }

  delivered(ageMs: number, deliveries: number): void {
    this.#delivered.add(1, { again: deliveries > 1 });
    if (deliveries === 1) this.#delay.record(Math.max(0, ageMs) / 1000);
  }

  acknowledged(count: number): void {
    this.#acknowledged.add(count);
  }

  died(): void {
    this.#dead.add(1);
  }

  expired(count: number): void {
    this.#expired.add(count);
  }

  published(topic: string): void {
    this.#published.add(1, { topic });
  }

  /** @param levels undefined: this process no longer sweeps, so it knows nothing */
  swept(levels: Levels | undefined): void {
    this.#levels = levels;
  }

  #observe(meter: Meter): void {
    meter.createObservableGauge("mailbox.messages", { description: "Messages in all mailboxes of the region, told by the replica that sweeps" }).addCallback((result) => {
      if (this.#levels === undefined) return;
      result.observe(this.#levels.waiting, { state: "waiting" });
      result.observe(this.#levels.taken, { state: "taken" });
      result.observe(this.#levels.dead, { state: "dead" });
    });
    meter.createObservableGauge("mailbox.oldest_message.age", { unit: "s", description: "Age of the oldest message that was not acknowledged" }).addCallback((result) => {
      if (this.#levels !== undefined) result.observe(this.#levels.oldestAgeS);
    });
  }
}
