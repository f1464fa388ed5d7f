import { Cancelled } from "../../src/durable";
import type { Durable, Signal } from "../../src/durable";
import type { Attempt, Effects } from "../../src/effects";
import type { Progress } from "../../src/progress";
import type { Action } from "../../schemas";

/** The process that ran the interpreter is gone. */
export class Crash extends Error {}

/** What the orchestrator keeps of one execution: every call that was finished, in their order. */
export class Journal {
  readonly entries: { readonly name: string; readonly value?: unknown; readonly cancelled?: true }[] = [];
  saved: Progress | undefined;
  readonly signals = new Map<string, Signal>();
  /** Crashes before the entry of this number is kept, after its work was done. */
  crashAt = Infinity;
  /** The call of this number is cancelled. */
  cancelAt = Infinity;

  /** For one life of the process. */
  durable(): Durable {
    let next = 0;
    const keep = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const index = next;
      next += 1;
      const kept = this.entries[index];
      if (kept === undefined && index === this.cancelAt) this.entries.push({ name, cancelled: true });
      const known = this.entries[index];
      if (known !== undefined) {
        if (known.name !== name) throw new Error(`call ${index} was '${known.name}' and is '${name}' now`);
        if (known.cancelled) throw new Cancelled("by the test");
        return known.value as T;
      }
      const value = await work();
      if (index >= this.crashAt) throw new Crash();
      this.entries.push({ name, value });
      return value;
    };
    return {
      once: keep,
      sleep: (durationMs) => keep(`sleep ${durationMs}`, () => Promise.resolve()),
      signal: (name) => keep(`signal ${name}`, () => Promise.resolve(this.signals.get(name))),
      save: (progress) => void (this.saved = structuredClone(progress) as Progress),
    };
  }
}

/** The world: an action that is done twice with the same key has one effect. */
export class World implements Effects {
  readonly effects = new Map<string, Action>();
  /** Answers by type of message; the last one stays. @default it is done */
  readonly script = new Map<string, Attempt[]>();

  perform(action: Action, key: string): Promise<Attempt> {
    const type = action.kind === "sendMessage" ? action.type : action.state;
    const answers = this.script.get(type);
    const answer = answers !== undefined && answers.length > 1 ? answers.shift() : answers?.[0];
    const attempt: Attempt = answer ?? { kind: "done", output: { type } };
    if (attempt.kind === "done" || attempt.applied === "unknown") this.effects.set(key, action);
    return Promise.resolve(attempt);
  }

  /** Types of what was done, in order. */
  get done(): string[] {
    return [...this.effects.values()].map((action) => (action.kind === "sendMessage" ? action.type : action.state));
  }
}
