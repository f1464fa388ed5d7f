import { randomBytes } from "node:crypto";

const RANDOM_BYTES = 10;
const TIME_DIGITS = 12;

/** UUID version 7: ids made later sort later, so that lists are in the order of creation. */
export function newId(nowMs: number = Date.now()): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  randomBytes(RANDOM_BYTES).copy(bytes, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** When an id was made, in milliseconds of the epoch. */
export function madeAtMs(id: string): number {
  return parseInt(id.replace("-", "").slice(0, TIME_DIGITS), 16);
}
