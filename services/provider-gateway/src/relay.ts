import { Transform, pipeline } from "node:stream";
import type { Readable, TransformCallback } from "node:stream";
import { Problem } from "../../kit/src";
import { MAX_EVENT_BYTES } from "../limits";
import { readCompletion, reportedUsage } from "./chat";
import { EventSplitter, dataOf } from "./events";
import type { Usage } from "./money";

/** How a stream ended: `cut` by its provider, `abandoned` by its caller. */
export type StreamOutcome = "ok" | "cut" | "abandoned";

const DONE = "[DONE]";

export interface RelayArgs {
  /** The caller did not ask for the event with the usage: it was asked for here, and is kept back. */
  readonly hideUsage: boolean;
  /** Tokens to count for the request when the provider does not say. */
  readonly promptTokens: number;
  /** Told once, before the caller gets the end of the stream. Never rejects. */
  readonly onEnd: (outcome: StreamOutcome, usage: Usage) => Promise<void>;
}

/**
 * Hands a provider's stream on, event by event and as it is, no faster than the caller reads, and counts what it costs.
 * One that ends before its last event ends with an error, so that the caller does not take it for complete.
 */
export class Relay extends Transform {
  readonly #args: RelayArgs;
  readonly #splitter = new EventSplitter();
  #usage: Usage | undefined;
  #parts = 0;
  #done = false;
  #upstreamFailed = false;
  #told: Promise<void> | undefined;

  constructor(upstream: Readable, args: RelayArgs) {
    super();
    this.#args = args;
    upstream.once("error", () => (this.#upstreamFailed = !this.destroyed));
    // Ends both when one ends, so that a caller who hangs up costs no more tokens.
    pipeline(upstream, this, () => undefined);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    void this.#forward(chunk).then(() => done(), (error: unknown) => done(cut(error)));
  }

  override _flush(done: TransformCallback): void {
    if (this.#done) return done();
    this.#upstreamFailed = true;
    done(cut("it ended before its last event"));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    void this.#tell(this.#done ? "ok" : this.#upstreamFailed ? "cut" : "abandoned").then(() => done(error === null ? null : cut(error)));
  }

  async #forward(chunk: Buffer): Promise<void> {
    for (const event of this.#splitter.push(chunk)) {
      const data = dataOf(event);
      if (data === DONE) {
        this.#done = true;
        await this.#tell("ok");
      }
      if (data === undefined || data === DONE || !this.#keepsBack(data)) this.push(event);
    }
    if (this.#splitter.rest.length <= MAX_EVENT_BYTES) return;
    this.#upstreamFailed = true;
    throw cut(`it has an event of more than ${MAX_EVENT_BYTES} bytes`);
  }

  #keepsBack(data: string): boolean {
    const part = readCompletion(data);
    if (part === undefined) return false;
    const usage = reportedUsage(part);
    if (usage !== undefined) this.#usage = usage;
    if (part.choices.some(({ delta }) => delta !== undefined && Object.entries(delta).some(([name, value]) => name !== "role" && value !== null && value !== ""))) this.#parts += 1;
    return this.#args.hideUsage && part.choices.length === 0 && usage !== undefined;
  }

  #tell(outcome: StreamOutcome): Promise<void> {
    // Providers send about one token in each part.
    const usage = this.#usage ?? { promptTokens: this.#args.promptTokens, completionTokens: this.#parts, estimated: true };
    this.#told ??= this.#args.onEnd(outcome, usage);
    return this.#told;
  }
}

/** A caller who has no part of the stream yet is told; others see their connection break. */
function cut(cause: unknown): Problem {
  if (cause instanceof Problem) return cause;
  const detail = typeof cause === "string" ? cause : "its connection broke";
  return new Problem({ code: "provider-cut", status: 502, title: "The provider's stream was cut", detail: `the provider's stream cannot be handed on: ${detail}`, cause });
}
