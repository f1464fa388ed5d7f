import Ajv from "ajv";
import type { Static } from "typebox";
import { extractContext, traceOf } from "../../kit/src";
import type { Carrier } from "../../kit/src";
import { LIFECYCLE_EVENTS, LifecycleData } from "../../agent/contract";
import type { LifecycleEventType } from "../../agent/contract";
import type { contract as busContract } from "../../message-bus/contract";

type TopicEvent = Static<(typeof busContract)["routes"]["readEvents"]["schema"]["responses"][200]["body"]>["events"][number]["event"];

/** A change of an agent, as its event tells of it. */
export interface LifecycleChange {
  readonly id: string;
  readonly source: string;
  readonly type: LifecycleEventType;
  /** RFC 3339. */
  readonly time: string;
  readonly data: Static<typeof LifecycleData>;
  /** W3C Trace Context of the request that made the change. */
  readonly trace: Carrier;
  readonly traceId: string | undefined;
}

const isData = new Ajv({ strict: false }).compile<Static<typeof LifecycleData>>(LifecycleData);

/** An event that can never be stored must not hold up those behind it. PostgreSQL takes no NUL in texts. */
function isStorable(event: TopicEvent, sequence: number): boolean {
  return !Number.isNaN(Date.parse(event.time ?? "")) && Number.isSafeInteger(sequence) && !JSON.stringify(event).includes("\\u0000");
}

/** @returns undefined for an event that tells of no change this service knows. */
export function toChange(event: TopicEvent): LifecycleChange | undefined {
  const type = LIFECYCLE_EVENTS.find((known) => known === event.type);
  const { id, source, time, data, traceparent, tracestate } = event;
  if (type === undefined || time === undefined || !isData(data) || !isStorable(event, data.sequence)) return undefined;
  const trace: Carrier = { ...(traceparent === undefined ? {} : { traceparent }), ...(tracestate === undefined ? {} : { tracestate }) };
  return { id, source, type, time, data, trace, traceId: traceOf(extractContext(trace))?.traceId };
}
