import type { ServiceClient } from "../../../kit/src";
import type { contract as busContract } from "../../../message-bus/contract";

export const AGENT = "0192f0c1-0000-7000-8000-000000000001";
export const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";

interface Told {
  readonly type?: string;
  readonly agent?: string;
  readonly state?: string;
  readonly previousState?: string;
  readonly time?: string;
}

/** An event as the agent service publishes it. */
export function told(id: string, sequence: number, { type = "agent.state-changed", agent = AGENT, state = "ready", previousState, time = "2026-11-24T20:00:00.000Z" }: Told = {}) {
  return {
    specversion: "1.0" as const, id, source: "/agentic-flow/test/agent", type, subject: agent, time, datacontenttype: "application/json" as const,
    data: { id: agent, type: "coder", capabilities: ["a"], state, region: "test", sequence, ...(previousState === undefined ? {} : { previousState }) },
    traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01`,
  };
}

type Event = ReturnType<typeof told> | { readonly specversion: "1.0"; readonly id: string; readonly source: string; readonly type: string };

/** A topic in memory: offsets count from 1, and the first `lost` events are no longer kept. */
export class FakeTopic {
  readonly events: Event[] = [];
  lost = 0;
  /** Offsets that were read after. */
  readonly reads: number[] = [];

  get client(): ServiceClient<typeof busContract> {
    const read = (input: { readonly query: { readonly after: number; readonly limit: number } }): object => {
      const { after, limit } = input.query;
      this.reads.push(after);
      const from = Math.max(after, this.lost);
      const events = this.events.slice(from, from + limit).map((event, index) => ({ offset: from + index + 1, event }));
      return { status: 200, headers: {}, body: { events, next: events.at(-1)?.offset ?? this.events.length, missed: Math.max(0, from - after) } };
    };
    return { call: (_operation: string, input: never) => Promise.resolve(read(input)), close: () => Promise.resolve() } as unknown as ServiceClient<typeof busContract>;
  }
}
