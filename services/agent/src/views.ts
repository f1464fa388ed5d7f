import type { Static } from "typebox";
import type { AgentView } from "../schemas";
import type { StoredAgent } from "./agent";

export function toView({ record, revision }: StoredAgent): Static<typeof AgentView> {
  const { id, type, capabilities, metadata, state, region, createdAt, updatedAt } = record;
  return { id, type, capabilities: [...capabilities], metadata: { ...metadata }, state, region, createdAt, updatedAt, revision: Number(revision) };
}

export function toETag(revision: bigint): string {
  return `"${revision}"`;
}

/** The revision in a validated `If-Match`; undefined for `*` and for none. */
export function fromIfMatch(header: string | undefined): bigint | undefined {
  return header === undefined || header === "*" ? undefined : BigInt(header.slice(1, -1));
}
