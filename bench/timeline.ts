import type { EngineEvent } from "@pulumi/pulumi/automation";

/** When things happened in one engine run, ms from its start. */
export interface Milestones {
  /** The program's process began. */
  readonly programMs: number;
  /** The program registered its first resource, which is the stack itself. */
  readonly firstResourceMs: number;
  /** The engine was done with the last resource. */
  readonly lastResourceMs: number;
  readonly endMs: number;
}

/** The parts of an engine run, one after the other; together they are all of it. */
export interface Phases {
  /** Engine and language host start, policy packs load. */
  readonly engineStartMs: number;
  /** From the program's start to its first resource: its language, its libraries, its services, its configuration. */
  readonly programStartMs: number;
  readonly resourcesMs: number;
  /** Rules about the whole stack, the summary, the state's last write. */
  readonly closingMs: number;
}

export function phasesOf({ programMs, firstResourceMs, lastResourceMs, endMs }: Milestones): Phases {
  return {
    engineStartMs: programMs,
    programStartMs: firstResourceMs - programMs,
    resourcesMs: lastResourceMs - firstResourceMs,
    closingMs: endMs - lastResourceMs,
  };
}

/** Reads the engine's event log while it grows. Times are those at which it was read: the log's own are whole seconds. */
export class Timeline {
  #rest = "";
  #firstResourceMs: number | undefined;
  #lastResourceMs: number | undefined;
  #resources = 0;

  /** @param text What was added to the log since the last call. */
  add(text: string, nowMs: number): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#take(JSON.parse(line) as EngineEvent, nowMs);
  }

  #take(event: EngineEvent, nowMs: number): void {
    if (event.resourcePreEvent !== undefined) {
      this.#firstResourceMs ??= nowMs;
      this.#lastResourceMs = nowMs;
    }
    if (event.resOutputsEvent !== undefined) this.#lastResourceMs = nowMs;
    const changes = event.summaryEvent?.resourceChanges;
    if (changes !== undefined) this.#resources = Object.values(changes).reduce((sum: number, count) => sum + (count ?? 0), 0);
  }

  /** Resources that the engine counted in its summary. */
  get resources(): number {
    return this.#resources;
  }

  /** @throws Error when the log did not show a whole run. */
  milestones(programMs: number, endMs: number): Milestones {
    if (this.#firstResourceMs === undefined || this.#lastResourceMs === undefined) throw new Error("the engine's event log shows no resource: the run cannot be told apart into phases");
    // What was still in the log when the engine had ended was read after its end.
    return { programMs, firstResourceMs: this.#firstResourceMs, lastResourceMs: Math.min(this.#lastResourceMs, endMs), endMs };
  }
}
