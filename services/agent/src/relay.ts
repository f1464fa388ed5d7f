import { SpanKind } from "@opentelemetry/api";
import type { Counter } from "@opentelemetry/api";
import { extractContext, withSpan } from "../../kit/src";
import type { Logger, ServiceClient, Telemetry } from "../../kit/src";
import type { contract as busContract } from "../../message-bus/contract";
import { LIFECYCLE_TOPIC } from "../contract";
import type { LifecycleEvent } from "./events";

/** At most one line about a bus that takes nothing in this time. */
const FAILURE_LOG_EVERY_MS = 60_000;
const PUBLISH_DEADLINE_MS = 3_000;

export interface RelayArgs {
  readonly bus: ServiceClient<typeof busContract>;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
}

/** Hands events to the message bus, each in the trace of the request that it tells of. */
export class Relay {
  readonly #args: RelayArgs;
  readonly #relayed: Counter;
  #lastFailureLogAt = -Infinity;

  constructor(args: RelayArgs) {
    this.#args = args;
    this.#relayed = args.telemetry.meter.createCounter("outbox.relays", { description: "Events handed to the message bus; 'outcome' says whether it took them" });
  }

  /** @returns whether the message bus has stored the event. Never rejects: what it did not take is tried again later. */
  async publish(event: LifecycleEvent): Promise<boolean> {
    const { bus, telemetry, logger } = this.#args;
    const { traceparent, tracestate } = event;
    const attributes = { "messaging.system": "agentic-flow", "messaging.operation.type": "send", "messaging.message.id": event.id, "messaging.destination.name": LIFECYCLE_TOPIC };
    // Not the context of the request itself: its deadline is none of this event's.
    const parent = extractContext({ traceparent, tracestate });
    try {
      const call = { params: { topic: LIFECYCLE_TOPIC }, body: event, idempotencyKey: event.id, deadlineMs: PUBLISH_DEADLINE_MS };
      await withSpan(telemetry.tracer, "outbox relay", attributes, () => bus.call("publishEvent", call), { kind: SpanKind.PRODUCER, parent });
      this.#relayed.add(1, { outcome: "taken" });
      return true;
    } catch (error) {
      this.#relayed.add(1, { outcome: "failed" });
      const now = performance.now();
      if (now - this.#lastFailureLogAt >= FAILURE_LOG_EVERY_MS) {
        this.#lastFailureLogAt = now;
        logger.warn({ err: error }, "the message bus does not take events; they wait in the outbox");
      }
      return false;
    }
  }
}
