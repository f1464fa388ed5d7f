import { createHash } from "node:crypto";
import { contract } from "../contract";
import type { AgentRecord } from "./agent";

/** Everything this service stores is below this. */
export const ROOT = contract.stores[0].prefix;

/** Where the list of agents with something in common is read: a folder with one key per agent, named by its id. */
export type Folder = string;

export const RECORDS: Folder = `${ROOT}record/`;

export function capabilityFolder(capability: string): Folder {
  return `${ROOT}by-capability/${capability}/`;
}

export function typeFolder(type: string): Folder {
  return `${ROOT}by-type/${type}/`;
}

export function recordKey(id: string): string {
  return `${RECORDS}${id}`;
}

export function idempotencyKey(digest: string): string {
  return `${ROOT}idempotency/${digest}`;
}

/** Events that the message bus has not acknowledged yet, in the order of their making. */
export const OUTBOX: Folder = `${ROOT}outbox/`;

export function outboxKey(eventId: string): string {
  return `${OUTBOX}${eventId}`;
}

/** Callers choose these keys, so they are stored as a digest: of one length, without characters of their choice. */
export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export function idIn(folder: Folder, key: string): string {
  return key.slice(folder.length);
}

/** The keys that lead to a record. They are written and deleted in the same transaction as the record. */
export function indexKeys(record: AgentRecord): string[] {
  return [...record.capabilities.map(capabilityFolder), typeFolder(record.type)].map((folder) => `${folder}${record.id}`);
}
