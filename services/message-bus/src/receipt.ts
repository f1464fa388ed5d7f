import { digest, takenFolder } from "./keys";

const SHAPE = /^[0-9]{13}\/[0-9a-f-]{36}\.[0-9]{13}$/;

/** A receipt is the last part of the key of a message that was handed out: the time in it makes it one delivery's. */
export function toReceipt(agentId: string, key: string): string {
  return Buffer.from(key.slice(takenFolder(agentId).length)).toString("base64url");
}

/** A receipt that this service did not make leads to a key that does not exist. */
export function fromReceipt(agentId: string, receipt: string): string {
  const text = Buffer.from(receipt, "base64url").toString();
  return `${takenFolder(agentId)}${SHAPE.test(text) ? text : digest(receipt)}`;
}
