import type { Item, ItemHead } from "./item";
import { fromVector } from "./embedding";

/** An item as the driver hands it over: 64-bit numbers and vectors are text. */
export interface HeadRow {
  readonly agent_id: string;
  readonly key: string;
  readonly tags: string[];
  readonly has_embedding: boolean;
  readonly revision: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly expires_at: Date | null;
}

export interface ItemRow extends HeadRow {
  readonly value: unknown;
  readonly embedding: string | null;
}

export const HEAD_COLUMNS = "agent_id, key, tags, embedding is not null as has_embedding, revision, created_at, updated_at, expires_at";
export const ITEM_COLUMNS = `${HEAD_COLUMNS}, value, embedding`;

/** An item past its time is not there, whether the sweeper has been or not. */
export const LIVE = "(expires_at is null or expires_at > now())";

export function toHead(row: HeadRow): ItemHead {
  return {
    agentId: row.agent_id,
    key: row.key,
    tags: row.tags,
    hasEmbedding: row.has_embedding,
    revision: Number(row.revision),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    expiresAt: row.expires_at?.toISOString(),
  };
}

export function toItem(row: ItemRow): Item {
  return { ...toHead(row), value: row.value, embedding: fromVector(row.embedding) };
}
