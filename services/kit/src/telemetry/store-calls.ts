import { SpanKind, context, trace } from "@opentelemetry/api";
import type { Attributes, Histogram } from "@opentelemetry/api";
import { withSpan } from "./context";
import type { Telemetry } from "./telemetry";

export interface StoreCallsArgs {
  readonly telemetry: Telemetry;
  /** `db.system.name` of the semantic conventions, such as `postgresql`. */
  readonly system: string;
  /** Attributes of every span: where the store is. */
  readonly attributes: Attributes;
}

/** Times the calls to one data store, and shows each as a span of the work that makes it. */
export class StoreCalls {
  readonly #args: StoreCallsArgs;
  readonly #durations: Histogram;

  constructor(args: StoreCallsArgs) {
    this.#args = args;
    this.#durations = args.telemetry.meter.createHistogram("db.client.operation.duration", {
      unit: "s",
      description: "Time from a call to a data store to its answer",
    });
  }

  /** @param operation one of a few names, such as `SELECT`: it becomes a label. */
  async run<T>(operation: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
    const { telemetry, system } = this.#args;
    const startedAt = performance.now();
    let failed = true;
    try {
      const all = { "db.system.name": system, "db.operation.name": operation, ...this.#args.attributes, ...attributes };
      // A poll in the background is no part of a request; without this rule each would be a trace of its own.
      const traced = trace.getSpan(context.active()) !== undefined;
      const result = traced ? await withSpan(telemetry.tracer, `${system} ${operation}`, all, work, { kind: SpanKind.CLIENT }) : await work();
      failed = false;
      return result;
    } finally {
      const labels = { "db.system.name": system, "db.operation.name": operation, outcome: failed ? "failed" : "ok" };
      this.#durations.record((performance.now() - startedAt) / 1000, labels);
    }
  }
}
