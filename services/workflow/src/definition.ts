import { problem } from "../../kit/src";
import type { Violation } from "../../kit/src";
import { isDeeperThan, storageFaults } from "../../kit/src/json";
import { MAX_DEPTH } from "../limits";
import type { Step } from "../schemas";
import { referencesIn, rootOf } from "./references";

/** One version of a workflow. */
export interface Definition {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly steps: readonly Step[];
  /** RFC 3339, UTC. */
  readonly createdAt: string;
}

/**
 * What a schema cannot say about steps: names are unique, signals are waited for once, references look back.
 *
 * @throws Problem 400 `invalid-request` with all violations.
 */
export function assertSteps(steps: readonly Step[]): void {
  const violations: Violation[] = [];
  const fault = (pointer: string, detail: string): void => void violations.push({ in: "body", pointer, detail });
  const names: string[] = [];
  const signals: string[] = [];
  for (const [index, step] of steps.entries()) {
    const at = `/steps/${index}`;
    if (names.includes(step.name)) fault(`${at}/name`, `(${step.name}) is the name of an earlier step; names have to differ`);
    if (step.kind === "waitForSignal") {
      if (signals.includes(step.signal)) fault(`${at}/signal`, `(${step.signal}) is waited for by an earlier step; each signal is taken once`);
      signals.push(step.signal);
    }
    for (const detail of valueFaults(step)) fault(at, detail);
    const { compensate, ...own } = "compensate" in step ? step : { ...step, compensate: undefined };
    for (const pointer of referencesIn(own)) assertReference(pointer, names, at, fault);
    // What undoes a step may use what the step gave.
    for (const pointer of referencesIn(compensate)) assertReference(pointer, [...names, step.name], `${at}/compensate`, fault);
    names.push(step.name);
  }
  assertNone(violations);
}

/** @throws Problem 400 `invalid-request`. */
export function assertInput(input: Readonly<Record<string, unknown>>): void {
  assertValue("/input", input);
}

/** @throws Problem 400 `invalid-request`. */
export function assertPayload(payload: unknown): void {
  assertValue("/payload", payload);
}

function assertValue(pointer: string, value: unknown): void {
  assertNone(valueFaults(value).map((detail) => ({ in: "body" as const, pointer, detail })));
}

/** What a schema cannot say: everything here is stored, and becomes part of what later steps are given. */
function valueFaults(value: unknown): string[] {
  return isDeeperThan(value, MAX_DEPTH) ? [`is nested deeper than ${MAX_DEPTH} levels`] : storageFaults(value);
}

function assertReference(pointer: string, names: readonly string[], at: string, fault: (pointer: string, detail: string) => void): void {
  const root = rootOf(pointer);
  if (root?.[0] === "input") return;
  if (root?.[0] === "steps" && root[1] !== undefined && names.includes(root[1])) return;
  const earlier = names.length === 0 ? "there is none before this one" : `those before it are ${names.join(", ")}`;
  fault(at, `has '$from' (${pointer}), which must start with '/input' or '/steps/' and the name of an earlier step; ${earlier}`);
}

function assertNone(violations: readonly Violation[]): void {
  if (violations.length === 0) return;
  throw problem("invalid-request", violations.map(({ pointer, detail }) => `body '${pointer}' ${detail}`).join("; "), { violations });
}
