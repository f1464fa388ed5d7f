import assert from "node:assert/strict";
import { Problem } from "../../kit/src";
import { compileValidator } from "../../kit/src/validation";
import { contract } from "../contract";
import { MAX_DEPTH, MAX_STEPS } from "../limits";
import type { Step } from "../schemas";
import { assertInput, assertPayload, assertSteps } from "../src/definition";
import { digestOf } from "../src/digest";
import { UnresolvedReference, referencesIn, resolve } from "../src/references";

const AGENT = "00000000-0000-7000-8000-000000000001";
const tell = { name: "tell", kind: "sendMessage", to: AGENT, type: "x", payload: {} } as const;

/** Pointers of what is wrong with a body. */
function violations(check: () => void): string[] {
  try {
    check();
  } catch (error) {
    if (error instanceof Problem) return (error.violations ?? []).map(({ pointer, detail }) => `${pointer}: ${detail}`);
    throw error;
  }
  return [];
}

describe("definition", () => {
  const validate = compileValidator(contract.routes.createWorkflow.schema);
  const bySchema = (...steps: unknown[]): string[] => violations(() => validate({ params: undefined, query: undefined, headers: undefined, body: { name: "w", steps } }));

  it("takes each kind of step", () => {
    const steps = [
      { ...tell, to: { $from: "/input/agent" }, retry: { maxAttempts: 3 }, compensate: { kind: "setAgentState", agentId: AGENT, state: "ready" } },
      { name: "b", kind: "setAgentState", agentId: AGENT, state: "allocated" },
      { name: "c", kind: "sleep", seconds: 5 },
      { name: "d", kind: "waitForSignal", signal: "go", timeoutSeconds: 60 },
    ];
    assert.deepEqual(bySchema(...steps), []);
    assert.deepEqual(violations(() => assertSteps(steps as Step[])), []);
  });

  it("says what is wrong with the kind that was meant, and nothing about others", () => {
    assert.deepEqual(bySchema({ name: "a", kind: "http", url: "http://x" }), ["/steps/0/kind: must be one of sendMessage, setAgentState, sleep, waitForSignal"]);
    assert.deepEqual(bySchema({ name: "a", kind: "sleep" }), ["/steps/0/seconds: is required"]);
    assert.deepEqual(bySchema({ ...tell, to: "someone" }).map((text) => text.split(" ")[0]), ["/steps/0/to:"]);
    const nested = bySchema({ ...tell, compensate: { kind: "sleep", seconds: 1 } });
    assert.deepEqual(nested, ["/steps/0/compensate/kind: must be one of sendMessage, setAgentState"]);
    assert.notDeepEqual(bySchema(...Array.from({ length: MAX_STEPS + 1 }, () => tell)), []);
  });

  it("has names of its own for each step, takes each signal once, and refers only to what comes before", () => {
    const wait = { kind: "waitForSignal", signal: "go", timeoutSeconds: 1 } as const;
    const steps: Step[] = [
      { name: "a", ...wait },
      { name: "a", ...wait },
      { ...tell, payload: { x: { $from: "/steps/later/x" }, y: [{ $from: "/steps/a/y" }] }, to: { $from: "input/agent" } },
      { ...tell, name: "later", payload: { own: { $from: "/steps/later/messageId" } }, compensate: { kind: "sendMessage", to: AGENT, type: "x", payload: { id: { $from: "/steps/later/messageId" } } } },
    ];
    const found = violations(() => assertSteps(steps)).map((text) => text.split(" ").slice(0, 4).join(" "));
    assert.deepEqual(found, [
      "/steps/1/name: (a) is the", "/steps/1/signal: (go) is waited", "/steps/2: has '$from' (input/agent),", "/steps/2: has '$from' (/steps/later/x),", "/steps/3: has '$from' (/steps/later/messageId),",
    ]);
  });

  it("is not nested without end", () => {
    const nested = (levels: number): Record<string, unknown> => (levels === 0 ? {} : { x: nested(levels - 1) });
    assert.deepEqual(violations(() => assertSteps([{ ...tell, payload: nested(MAX_DEPTH - 3) }])), []);
    assert.equal(violations(() => assertSteps([{ ...tell, payload: nested(MAX_DEPTH) }])).length, 1);
  });

  it("holds nothing that could not be stored: no step, no input, no signal's payload", () => {
    for (const [pointer, assertAt] of [["/steps/0", (value: object) => assertSteps([{ ...tell, payload: { ...value } }])], ["/input", assertInput], ["/payload", assertPayload]] as const) {
      const found = ["a\0", "\ud83d"].flatMap((text) => violations(() => assertAt({ text })));
      assert.deepEqual(found.map((text) => text.split(" ")[0]?.replace(/:$/, "")), [pointer, pointer]);
      assert.deepEqual(violations(() => assertAt({ text: "\u{1F600}" })), []);
    }
    assert.equal(violations(() => assertPayload(Array.from({ length: MAX_DEPTH + 1 }).reduce((inner: object) => ({ inner }), {}))).length, 1);
  });

  it("has one digest for one meaning", () => {
    assert.equal(digestOf({ a: 1, b: [{ c: 2, d: 3 }] }), digestOf({ b: [{ d: 3, c: 2 }], a: 1 }));
    assert.notEqual(digestOf([1, 2]), digestOf([2, 1]));
  });
});

describe("references", () => {
  const scope = { input: { agent: "x", "a/b": { "c~d": [10, 20] } }, steps: { first: { id: 1 } } };

  it("are replaced by what they point to, at any depth, by the rules of JSON pointers", () => {
    assert.deepEqual(resolve({ to: { $from: "/input/agent" }, list: [{ $from: "/input/a~1b/c~0d/1" }], plain: "/input/agent", whole: { $from: "/steps/first" } }, scope), {
      to: "x", list: [20], plain: "/input/agent", whole: { id: 1 },
    });
    assert.deepEqual(referencesIn({ a: { $from: "/x" }, b: [{ c: { $from: "/y" } }], d: { $from: "/z", e: 1 } }), ["/x", "/y"]);
  });

  it("that lead nowhere are an error, also into what every object has", () => {
    for (const $from of ["/input/none", "/input/agent/length", "/steps/constructor", "/input/__proto__"]) {
      assert.throws(() => resolve({ $from }, scope), UnresolvedReference, $from);
    }
  });
});
