import type { AgentState } from "../schemas";

/** An agent as it is stored: one JSON value under one key. */
export interface AgentRecord {
  readonly id: string;
  readonly type: string;
  /** Sorted. They never change: each has an index key, written and deleted with the record. */
  readonly capabilities: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly state: AgentState;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Home region: where the agent was created, and the only one that changes it. */
  readonly region: string;
  /** How often it was changed since its creation. Absent in records from before changes were counted. */
  readonly changes?: number;
  /** Digest of the caller's `Idempotency-Key`, when it sent one. */
  readonly idempotency?: string;
}

/** A record with the store's revision of its last change. */
export interface StoredAgent {
  readonly record: AgentRecord;
  readonly revision: bigint;
}
