import { DEFAULT_ATTEMPTS, DEFAULT_FIRST_PAUSE_MS, DEFAULT_LARGEST_PAUSE_MS } from "../limits";
import type { Action, RetryPolicy, Step } from "../schemas";
import { Cancelled } from "./durable";
import type { Durable } from "./durable";
import type { Attempt, Effects, Failed } from "./effects";
import { initialProgress, outputsOf } from "./progress";
import type { Progress, StepProgress } from "./progress";
import { UnresolvedReference, resolve } from "./references";

export interface Program {
  /** Of the execution: keys of effects are made from it. */
  readonly id: string;
  readonly steps: readonly Step[];
  readonly input: Readonly<Record<string, unknown>>;
}

/** What became of one step. `doubtful`: it may have been done, although it failed. */
type StepOutcome = { readonly kind: "completed" } | { readonly kind: "failed"; readonly doubtful: boolean };

/**
 * Runs the steps of one execution. When one fails or the execution is cancelled, what was done (or may have been) is
 * undone in reverse order.
 *
 * The order of durable calls is part of what the orchestrator keeps: see `HANDLERS_NAME` before changing it.
 */
export class Interpreter {
  readonly #program: Program;
  readonly #effects: Effects;
  readonly #durable: Durable;
  readonly #progress: Progress;

  constructor(program: Program, effects: Effects, durable: Durable) {
    this.#program = program;
    this.#effects = effects;
    this.#durable = durable;
    this.#progress = initialProgress(program.steps, "running");
  }

  /** @returns how it ended: completed, failed or cancelled */
  async run(): Promise<Progress> {
    const toUndo: number[] = [];
    for (const [index, step] of this.#program.steps.entries()) {
      const shown = this.#shown(index);
      const end = await this.#step(index, step, shown);
      if (end.kind === "completed") {
        shown.state = "completed";
        toUndo.push(index);
        continue;
      }
      if (end.doubtful) toUndo.push(index);
      const state = shown.state === "cancelled" ? "cancelled" : "failed";
      await this.#undo(toUndo.reverse());
      return this.#end(state);
    }
    return this.#end("completed");
  }

  async #step(index: number, step: Step, shown: StepProgress): Promise<StepOutcome> {
    const waits = step.kind === "sleep" || step.kind === "waitForSignal";
    shown.state = waits ? "waiting" : "running";
    if (waits) this.#durable.save(this.#progress);
    try {
      switch (step.kind) {
        case "sleep":
          await this.#durable.sleep(step.seconds * 1_000);
          return { kind: "completed" };
        case "waitForSignal": {
          const signal = await this.#durable.signal(step.signal, step.timeoutSeconds * 1_000);
          if (signal === undefined) return fail(shown, "signal-timeout", `signal '${step.signal}' did not come within ${step.timeoutSeconds} s`);
          shown.output = signal.payload;
          return { kind: "completed" };
        }
        case "sendMessage":
        case "setAgentState": {
          // What undoes it is looked at when it has to be: it may refer to what this step is going to give.
          const action = { ...step, compensate: undefined };
          const attempt = await this.#untilDone(action, `${this.#program.id}.${index}`, step.name, (count) => (shown.attempts = count));
          if (attempt.kind === "failed") return fail(shown, attempt.code, attempt.detail, attempt.applied === "unknown");
          shown.output = attempt.output;
          return { kind: "completed" };
        }
      }
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
      shown.state = "cancelled";
      return { kind: "failed", doubtful: true };
    }
  }

  async #undo(indices: readonly number[]): Promise<void> {
    this.#progress.state = "compensating";
    for (const index of indices) {
      const step = this.#program.steps[index];
      if (step === undefined || !("compensate" in step) || step.compensate === undefined) continue;
      const { compensate, name } = step;
      const shown = this.#shown(index);
      const key = `${this.#program.id}.${index}.undo`;
      const attempt = await withoutCancel(() => this.#untilDone(compensate, key, `undo ${name}`, (count) => (shown.compensationAttempts = count)));
      if (attempt.kind === "done") shown.state = "compensated";
      else {
        shown.state = "compensation-failed";
        shown.error = { code: attempt.code, detail: attempt.detail };
      }
    }
  }

  async #untilDone(action: Action & { readonly retry?: RetryPolicy }, key: string, name: string, counted: (attempts: number) => void): Promise<Attempt> {
    const { maxAttempts = DEFAULT_ATTEMPTS, firstPauseMs = DEFAULT_FIRST_PAUSE_MS, largestPauseMs = DEFAULT_LARGEST_PAUSE_MS } = action.retry ?? {};
    const resolved = this.#resolved(action);
    if ("code" in resolved) return resolved;
    for (let count = 1; ; count += 1) {
      counted(count);
      this.#durable.save(this.#progress);
      const attempt = await this.#durable.once(`${name} ${count}`, () => this.#effects.perform(resolved, key));
      if (attempt.kind === "done" || !attempt.retryable || count >= maxAttempts) return attempt;
      const pauseMs = Math.min(largestPauseMs, firstPauseMs * 2 ** (count - 1));
      await this.#durable.sleep(Math.max(pauseMs, attempt.retryAfterMs ?? 0));
    }
  }

  #resolved(action: Action): Action | Failed {
    try {
      return resolve(action, { input: this.#program.input, steps: outputsOf(this.#progress) }) as Action;
    } catch (error) {
      if (!(error instanceof UnresolvedReference)) throw error;
      return { kind: "failed", code: "unresolved-reference", detail: error.message, retryable: false, applied: "no" };
    }
  }

  #end(state: "completed" | "failed" | "cancelled"): Progress {
    this.#progress.state = state;
    this.#durable.save(this.#progress);
    return this.#progress;
  }

  #shown(index: number): StepProgress {
    const shown = this.#progress.steps[index];
    if (shown === undefined) throw new RangeError(`there is no step ${index}`);
    return shown;
  }
}

/** Undoing cannot be cancelled: what was interrupted is done again, under the same key. */
export async function withoutCancel<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
    }
  }
}

function fail(shown: StepProgress, code: string, detail: string, doubtful = false): StepOutcome {
  shown.state = "failed";
  shown.error = { code, detail };
  return { kind: "failed", doubtful };
}
