import type { Carrier } from "../../kit/src";
import type { Priority } from "../schemas";

/** A message as it is stored: one JSON value under one key. */
export interface MessageRecord {
  readonly id: string;
  /** Id of the agent whose mailbox it is in. */
  readonly to: string;
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly priority: Priority;
  /** Milliseconds of the epoch. */
  readonly sentAtMs: number;
  readonly expiresAtMs: number;
  /** How often it was handed out. */
  readonly deliveries: number;
  /** W3C Trace Context of whoever sent it. */
  readonly trace: Carrier;
}

/** A message that was handed out. */
export interface Delivery {
  readonly record: MessageRecord;
  /** Names this very delivery. */
  readonly receipt: string;
  readonly visibleAtMs: number;
}

export interface DeadLetter {
  readonly record: MessageRecord;
  readonly deadAtMs: number;
}
