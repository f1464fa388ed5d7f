import assert from "node:assert/strict";
import fc from "fast-check";
import type { Step } from "../schemas";
import type { Attempt } from "../src/effects";
import { Interpreter } from "../src/interpreter";
import type { Program } from "../src/interpreter";
import type { Progress } from "../src/progress";
import { Crash, Journal, World } from "./support/journal";

const ID = "00000000-0000-7000-8000-000000000001";
const refused: Attempt = { kind: "failed", code: "refused", detail: "no", retryable: false, applied: "no" };
const doubtful: Attempt = { kind: "failed", code: "lost", detail: "no answer", retryable: true, applied: "unknown" };
const down: Attempt = { kind: "failed", code: "down", detail: "later", retryable: true, applied: "no" };

const message = (type: string): { readonly kind: "sendMessage"; readonly to: string; readonly type: string; readonly payload: Record<string, unknown> } => ({ kind: "sendMessage", to: ID, type, payload: {} });
const undoable = (type: string): Step => ({ name: type, ...message(type), compensate: message(`undo-${type}`) });
const program = (...steps: Step[]): Program => ({ id: "e", steps, input: {} });

/** Runs to the end, with a new process after each crash. */
async function runThrough(what: Program, world: World, journal: Journal): Promise<Progress> {
  for (;;) {
    try {
      return await new Interpreter(what, world, journal.durable()).run();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      journal.crashAt = Infinity;
    }
  }
}

describe("interpreter", () => {
  it("makes keys of effects from the execution and the place of the step", async () => {
    const world = new World();
    world.script.set("b", [refused]);
    await runThrough(program(undoable("a"), undoable("b")), world, new Journal());
    assert.deepEqual([...world.effects.keys()], ["e.0", "e.0.undo"]);
  });

  it("waits longer before each attempt, up to a limit, and at least as long as the other side asks", async () => {
    const world = new World();
    world.script.set("a", [down, down, { ...down, retryAfterMs: 9_000 }, down, { kind: "done", output: {} }]);
    const journal = new Journal();
    const step: Step = { ...undoable("a"), retry: { maxAttempts: 6, firstPauseMs: 100, largestPauseMs: 300 } } as Step;
    const { state, steps } = await runThrough(program(step), world, journal);
    assert.deepEqual([state, steps[0]?.attempts], ["completed", 5]);
    assert.deepEqual(journal.entries.map(({ name }) => name).filter((name) => name.startsWith("sleep")), ["sleep 100", "sleep 200", "sleep 9000", "sleep 300"]);
  });

  it("undoes a step whose outcome is not known, and not one that was refused", async () => {
    for (const [attempt, expected] of [[doubtful, ["a", "b", "undo-b", "undo-a"]], [refused, ["a", "undo-a"]]] as const) {
      const world = new World();
      world.script.set("b", [attempt]);
      const { state } = await runThrough(program(undoable("a"), undoable("b"), undoable("c")), world, new Journal());
      assert.deepEqual([state, world.done], ["failed", expected]);
    }
  });

  it("gives the same progress and the same effects, whatever call it crashes at", async () => {
    const kinds = fc.constantFrom<"ok" | "refused" | "doubtful" | "sleep">("ok", "ok", "refused", "doubtful", "sleep");
    await fc.assert(
      fc.asyncProperty(fc.array(kinds, { minLength: 1, maxLength: 6 }), fc.nat(20), async (shapes, crashAt) => {
        const steps = shapes.map((shape, index): Step => (shape === "sleep" ? { name: `s${index}`, kind: "sleep", seconds: 1 } : undoable(`m${index}`)));
        const run = async (at: number): Promise<unknown> => {
          const world = new World();
          for (const [index, shape] of shapes.entries()) {
            if (shape === "refused") world.script.set(`m${index}`, [refused]);
            if (shape === "doubtful") world.script.set(`m${index}`, [doubtful]);
          }
          const journal = new Journal();
          journal.crashAt = at;
          const progress = await runThrough(program(...steps), world, journal);
          assert.deepEqual(journal.saved, progress, "what others see is how it ended");
          return [progress, [...world.effects]];
        };
        assert.deepEqual(await run(crashAt), await run(Infinity));
      }),
    );
  });

  it("undoes exactly what was done or may have been when it is cancelled, at whatever call", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.nat(7), async (count, cancelAt) => {
        const world = new World();
        const journal = new Journal();
        journal.cancelAt = cancelAt;
        const steps = Array.from({ length: count }, (_, index) => undoable(`m${index}`));
        const { state } = await runThrough(program(...steps), world, journal);
        const all = steps.map(({ name }) => name);
        if (cancelAt >= count) assert.deepEqual([state, world.done], ["completed", all]);
        else {
          const undone = all.slice(0, cancelAt + 1).reverse().map((name) => `undo-${name}`);
          assert.deepEqual([state, world.done], ["cancelled", [...all.slice(0, cancelAt), ...undone]]);
        }
      }),
    );
  });

  it("does not let go of undoing when it is cancelled meanwhile", async () => {
    const world = new World();
    world.script.set("b", [refused]);
    const journal = new Journal();
    journal.cancelAt = 2;
    const { state, steps } = await runThrough(program(undoable("a"), undoable("b")), world, journal);
    assert.deepEqual([state, steps.map((step) => step.state), world.done], ["failed", ["compensated", "failed"], ["a", "undo-a"]]);
  });
});
