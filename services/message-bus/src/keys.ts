import { createHash } from "node:crypto";
import { contract } from "../contract";
import { PRIORITIES } from "../schemas";
import type { Priority } from "../schemas";

/** Everything this service stores is below this. */
export const ROOT = contract.stores[0].prefix;

const TIME_DIGITS = 13;
const OFFSET_DIGITS = 16;

/** All messages that nobody has acknowledged, of all mailboxes. */
export const MAILBOXES = `${ROOT}mailbox/`;
export const ALL_DEAD = `${ROOT}dead/`;

export function mailboxFolder(agentId: string): string {
  return `${MAILBOXES}${agentId}/`;
}

/** Messages that wait for a receiver; the order of the keys is the order of delivery. */
export function readyFolder(agentId: string): string {
  return `${mailboxFolder(agentId)}ready/`;
}

/** Messages that were handed out, by the time at which they come back. */
export function takenFolder(agentId: string): string {
  return `${mailboxFolder(agentId)}taken/`;
}

export function deadFolder(agentId: string): string {
  return `${ALL_DEAD}${agentId}/`;
}

/** What a key says of its message, so that whoever looks for expired ones need not read the messages. */
interface Named {
  readonly id: string;
  readonly expiresAtMs: number;
}

const nameOf = ({ id, expiresAtMs }: Named): string => `${id}.${padded(expiresAtMs, TIME_DIGITS)}`;

export function readyKey(message: Named & { readonly to: string; readonly priority: Priority }): string {
  return `${readyFolder(message.to)}${PRIORITIES.indexOf(message.priority)}/${nameOf(message)}`;
}

export function takenKey(message: Named & { readonly to: string }, visibleAtMs: number): string {
  return `${takenFolder(message.to)}${padded(visibleAtMs, TIME_DIGITS)}/${nameOf(message)}`;
}

export function deadKey(message: Named & { readonly to: string }): string {
  return `${deadFolder(message.to)}${nameOf(message)}`;
}

/** When a message that was handed out comes back. */
export function visibleAtOf(key: string): number {
  return Number(key.split("/").at(-2));
}

export interface MessageKey extends Named {
  readonly agentId: string;
}

/** What the key of a message says, wherever the message is. */
export function parseMessageKey(key: string): MessageKey {
  const parts = key.slice(ROOT.length).split("/");
  const [id = "", expiry = ""] = (parts.at(-1) ?? "").split(".");
  return { agentId: parts[1] ?? "", id, expiresAtMs: Number(expiry) };
}

export const TOPIC_HEADS = `${ROOT}topic/`;
export const TOPIC_EVENTS = `${ROOT}event/`;

/** Says which offset a topic's next event gets. */
export function topicHeadKey(topic: string): string {
  return `${TOPIC_HEADS}${topic}`;
}

export function eventFolder(topic: string): string {
  return `${TOPIC_EVENTS}${topic}/`;
}

export function eventKey(topic: string, offset: number): string {
  return `${eventFolder(topic)}${padded(offset, OFFSET_DIGITS)}`;
}

export function offsetOf(key: string): number {
  return Number(key.slice(key.lastIndexOf("/") + 1));
}

/** Where the offset of an event is found by what makes it one and the same. */
export function eventIdKey(topic: string, { source, id }: { readonly source: string; readonly id: string }): string {
  return `${ROOT}event-id/${topic}/${digest(JSON.stringify([source, id]))}`;
}

export function idempotencyKey(key: string): string {
  return `${ROOT}idempotency/${digest(key)}`;
}

/** Held by the process that sweeps. */
export const SWEEPER = `${ROOT}sweeper`;

/** Callers choose these texts, so they are stored as a digest: of one length, without characters of their choice. */
export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function padded(number: number, digits: number): string {
  return String(number).padStart(digits, "0");
}
