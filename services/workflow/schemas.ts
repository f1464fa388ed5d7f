import { Type } from "typebox";
import type { Static, TObject } from "typebox";
import {
  DEFAULT_ATTEMPTS, DEFAULT_FIRST_PAUSE_MS, DEFAULT_LARGEST_PAUSE_MS, DEFAULT_PAGE_SIZE, ID_PATTERN, MAX_ATTEMPTS, MAX_CURSOR_LENGTH,
  MAX_IDEMPOTENCY_KEY_LENGTH, MAX_NAME_LENGTH, MAX_PAGE_SIZE, MAX_PAUSE_MS, MAX_REFERENCE_LENGTH, MAX_SIGNAL_TIMEOUT_S, MAX_SLEEP_S, MAX_STEPS, MIN_PAUSE_MS,
  NAME_PATTERN,
} from "./limits";

const closed = { additionalProperties: false } as const;
const Id = Type.String({ pattern: ID_PATTERN });
const Name = Type.String({ pattern: NAME_PATTERN, maxLength: MAX_NAME_LENGTH });
const Time = Type.String({ description: "RFC 3339, UTC" });
const JsonObject = Type.Unsafe<Record<string, unknown>>({ type: "object" });

/** Where a value comes from when the step runs. */
export interface Reference {
  readonly $from: string;
}

const AgentRef = Type.Unsafe<string | Reference>({
  description: "an agent's id, or {\"$from\": \"/input/...\"} or {\"$from\": \"/steps/<name>/...\"}: a JSON pointer into the input and what earlier steps gave",
  if: { type: "object" },
  then: { type: "object", properties: { $from: { type: "string", minLength: 1, maxLength: MAX_REFERENCE_LENGTH } }, required: ["$from"], additionalProperties: false },
  else: { type: "string", pattern: ID_PATTERN },
});

const Retry = Type.Object(
  {
    maxAttempts: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_ATTEMPTS, description: `${DEFAULT_ATTEMPTS} when absent` })),
    firstPauseMs: Type.Optional(Type.Integer({ minimum: MIN_PAUSE_MS, maximum: MAX_PAUSE_MS, description: `doubles with each attempt; ${DEFAULT_FIRST_PAUSE_MS} when absent` })),
    largestPauseMs: Type.Optional(Type.Integer({ minimum: MIN_PAUSE_MS, maximum: MAX_PAUSE_MS, description: `${DEFAULT_LARGEST_PAUSE_MS} when absent` })),
  },
  closed,
);
export type RetryPolicy = Static<typeof Retry>;

const sendMessage = {
  kind: Type.Literal("sendMessage"),
  to: AgentRef,
  type: Type.String({ minLength: 1, maxLength: MAX_NAME_LENGTH, description: "type of the message" }),
  payload: Type.Unsafe<Record<string, unknown>>({ type: "object", description: "any JSON; every {\"$from\": ...} in it is replaced" }),
  priority: Type.Optional(Type.Enum(["high", "normal", "low"])),
  retry: Type.Optional(Retry),
};
const setAgentState = {
  kind: Type.Literal("setAgentState"),
  agentId: AgentRef,
  state: Type.Enum(["pending", "ready", "allocated", "draining", "terminated", "failed"]),
  retry: Type.Optional(Retry),
};

/** One schema of several, told apart by `kind`, so that only the violations of the kind that was meant are reported. */
function byKind(kinds: Readonly<Record<string, TObject>>): object {
  return {
    type: "object",
    required: ["kind"],
    properties: { kind: { enum: Object.keys(kinds) } },
    allOf: Object.entries(kinds).map(([kind, then]) => ({ if: { properties: { kind: { const: kind } }, required: ["kind"] }, then })),
  };
}

const actions = { sendMessage: Type.Object(sendMessage, closed), setAgentState: Type.Object(setAgentState, closed) };
/** Something that is done to the world, and can be done again without harm. */
export type Action = Static<(typeof actions)[keyof typeof actions]>;
const Compensation = Type.Unsafe<Action>({ ...byKind(actions), description: "what undoes the step when a later one fails" });

const undoable = { name: Name, compensate: Type.Optional(Compensation) };
const steps = {
  sendMessage: Type.Object({ ...undoable, ...sendMessage }, closed),
  setAgentState: Type.Object({ ...undoable, ...setAgentState }, closed),
  sleep: Type.Object({ name: Name, kind: Type.Literal("sleep"), seconds: Type.Integer({ minimum: 1, maximum: MAX_SLEEP_S }) }, closed),
  waitForSignal: Type.Object(
    { name: Name, kind: Type.Literal("waitForSignal"), signal: Name, timeoutSeconds: Type.Integer({ minimum: 1, maximum: MAX_SIGNAL_TIMEOUT_S }) },
    closed,
  ),
};
export type Step = Static<(typeof steps)[keyof typeof steps]>;
export const STEP_KINDS = Object.keys(steps) as readonly Step["kind"][];
const AnyStep = Type.Unsafe<Step>(byKind(steps));

export const CreateBody = Type.Object({ name: Name, steps: Type.Array(AnyStep, { minItems: 1, maxItems: MAX_STEPS }) }, closed);

export const WorkflowView = Type.Object(
  { id: Id, name: Name, version: Type.Integer({ minimum: 1 }), steps: Type.Array(AnyStep), createdAt: Time },
  closed,
);

export const WorkflowId = Type.Object({ id: Id }, closed);

export const ListQuery = Type.Object(
  {
    name: Type.Optional(Name),
    limit: Type.Integer({ minimum: 1, maximum: MAX_PAGE_SIZE, default: DEFAULT_PAGE_SIZE }),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_CURSOR_LENGTH })),
  },
  { ...closed, required: [] },
);

export const WorkflowList = Type.Object(
  { workflows: Type.Array(WorkflowView), nextCursor: Type.Optional(Type.String({ description: "absent on the last page" })) },
  closed,
);

export const ExecuteHeaders = Type.Object({
  "idempotency-key": Type.Optional(Type.String({ minLength: 1, maxLength: MAX_IDEMPOTENCY_KEY_LENGTH })),
});

export const ExecuteBody = Type.Object({ input: Type.Unsafe<Record<string, unknown>>({ type: "object", default: {} }) }, { ...closed, required: [] });

export const EXECUTION_STATES = ["accepted", "running", "compensating", "completed", "failed", "cancelled"] as const;
export type ExecutionState = (typeof EXECUTION_STATES)[number];
export const STEP_STATES = ["pending", "running", "waiting", "completed", "failed", "cancelled", "compensated", "compensation-failed"] as const;
export type StepState = (typeof STEP_STATES)[number];

const Fault = Type.Object({ code: Type.String(), detail: Type.String() }, closed);

export const ExecutionView = Type.Object(
  {
    id: Id,
    workflowId: Id,
    state: Type.Enum([...EXECUTION_STATES]),
    input: JsonObject,
    steps: Type.Array(
      Type.Object(
        {
          name: Name,
          kind: Type.Enum([...STEP_KINDS]),
          state: Type.Enum([...STEP_STATES]),
          attempts: Type.Integer({ description: "of the step itself" }),
          compensationAttempts: Type.Optional(Type.Integer()),
          output: Type.Optional(Type.Unsafe<unknown>({ description: "what the step gave: the message's id, the signal's payload" })),
          error: Type.Optional(Fault),
        },
        closed,
      ),
    ),
    output: Type.Optional(Type.Unsafe<Record<string, unknown>>({ type: "object", description: "what each completed step gave, by its name" })),
    acceptedAt: Time,
    finishedAt: Type.Optional(Time),
  },
  closed,
);

export const SignalParams = Type.Object({ id: Id, name: Name }, closed);
export const SignalBody = Type.Object({ payload: Type.Unsafe<Record<string, unknown>>({ type: "object", default: {} }) }, { ...closed, required: [] });
