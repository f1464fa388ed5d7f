import type { Static } from "typebox";
import { injectContext } from "../../kit/src";
import type { AgentState, LifecycleData, LifecycleEventType } from "../schemas";
import type { AgentRecord } from "./agent";
import { newId } from "../../kit/src/uuid";

/** A CloudEvent 1.0 about an agent, as it is stored and sent. */
export interface LifecycleEvent {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly type: LifecycleEventType;
  readonly subject: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly datacontenttype: "application/json";
  readonly data: Static<typeof LifecycleData>;
  /** W3C Trace Context of the request that made the change. */
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/**
 * What is told of a change. The metadata is left out: it can be large, and whoever wants it reads the agent.
 *
 * @param record the agent after the change, or as it was when it was removed
 */
export function lifecycleEvent(type: LifecycleEventType, record: AgentRecord, previousState?: AgentState): LifecycleEvent {
  const { id, capabilities, state, region } = record;
  return {
    specversion: "1.0",
    id: newId(),
    source: `/agentic-flow/${region}/agent`,
    type,
    subject: id,
    time: new Date().toISOString(),
    datacontenttype: "application/json",
    data: {
      id, type: record.type, capabilities: [...capabilities], state, region, sequence: record.changes ?? 0,
      ...(previousState === undefined ? {} : { previousState }),
    },
    ...injectContext({}),
  };
}
