import { randomBytes } from "node:crypto";
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
  /** Digest of the caller's `Idempotency-Key`, when it sent one. */
  readonly idempotency?: string;
}

/** A record with the store's revision of its last change. */
export interface StoredAgent {
  readonly record: AgentRecord;
  readonly revision: bigint;
}

const RANDOM_BYTES = 10;

/** UUID version 7: ids made later sort later, so that lists are in the order of creation. */
export function newAgentId(nowMs: number = Date.now()): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  randomBytes(RANDOM_BYTES).copy(bytes, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
