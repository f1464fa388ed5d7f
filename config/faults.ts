import { RunError } from "@pulumi/pulumi";

/** One thing that is wrong with an input: which, what it is now, what it must be, and what to do about it. */
export interface Fault {
  /** Path of the property as the user wrote it, such as `agentic-flow:etcd.members`. */
  readonly property: string;
  readonly actual: unknown;
  /** Completes the sentence "'property' (actual) ...", such as `must be one of 1, 3, 5`. */
  readonly rule: string;
  /** An instruction that ends the problem. */
  readonly wayOut: string;
}

const MAX_ACTUAL_CHARACTERS = 80;

/** Everything that is wrong with one set of inputs. The engine prints its message without a stack. */
export class FaultsError extends RunError {
  readonly faults: readonly Fault[];

  /** @param subject What the inputs belong to, such as `configuration of stack 'local'`. */
  constructor(subject: string, faults: readonly Fault[]) {
    const lines = faults.map((fault) => `  - ${describeFault(fault)}`);
    super(`${subject} is not usable:\n${lines.join("\n")}`);
    this.name = "FaultsError";
    this.faults = faults;
  }
}

/** One line: property, actual value, rule, way out. */
export function describeFault(fault: Fault): string {
  return `'${fault.property}' (${describeActual(fault.actual)}) ${fault.rule}; ${fault.wayOut}`;
}

function describeActual(actual: unknown): string {
  if (actual === undefined) return "not set";
  const text = typeof actual === "string" ? actual : (JSON.stringify(actual) ?? typeof actual);
  if (text === "") return "empty";
  return text.length > MAX_ACTUAL_CHARACTERS ? `${text.slice(0, MAX_ACTUAL_CHARACTERS)}...` : text;
}

/** Collects faults so that a user sees all of them at once. */
export class FaultCollector {
  readonly #faults: Fault[] = [];

  add(fault: Fault): void {
    this.#faults.push(fault);
  }

  /** Adds the fault unless `holds`. Returns `holds`. */
  require(holds: boolean, fault: Fault): boolean {
    if (!holds) this.add(fault);
    return holds;
  }

  get faults(): readonly Fault[] {
    return this.#faults;
  }

  /** @throws FaultsError when anything was collected. */
  throwIfAny(subject: string): void {
    if (this.#faults.length > 0) throw new FaultsError(subject, this.#faults);
  }
}
