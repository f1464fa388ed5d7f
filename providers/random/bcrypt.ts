import { Blowfish } from "./blowfish";

/** What the official provider uses; a hash takes some 100 ms. */
const defaultCost = 10;
/** Bytes of a password that count. */
const maxBytes = 72;
const saltBytes = 16;
const hashBytes = 23;
const encryptions = 64;

const alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const message = Buffer.from("OrpheanBeholderScryDoubt");

/**
 * The bcrypt hash (Provos, Mazières 1999) of a password's first 72 bytes, such as `$2a$10$...`.
 *
 * @param salt 16 bytes
 */
export function bcrypt(password: string, salt: Uint8Array, cost = defaultCost): string {
  if (salt.length !== saltBytes) throw new Error(`salt has ${salt.length} bytes, must have ${saltBytes}`);
  const key = Buffer.concat([Buffer.from(password), Buffer.of(0)]).subarray(0, maxBytes);
  const cipher = new Blowfish();
  const none = new Uint8Array(saltBytes);
  cipher.expand(key, salt);
  for (let round = 0; round < 2 ** cost; round++) {
    cipher.expand(key, none);
    cipher.expand(salt, none);
  }
  const words = Uint32Array.from({ length: message.length / 4 }, (_, i) => message.readUInt32BE(i * 4));
  for (let time = 0; time < encryptions; time++) {
    for (let at = 0; at < words.length; at += 2) cipher.encrypt(words, at);
  }
  const hash = Buffer.alloc(message.length);
  words.forEach((word, i) => hash.writeUInt32BE(word, i * 4));
  return `$2a$${String(cost).padStart(2, "0")}$${encode(salt)}${encode(hash.subarray(0, hashBytes))}`;
}

/** Base 64 with bcrypt's own alphabet and without padding. */
function encode(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const groups = bits.match(/.{1,6}/g) ?? [];
  return groups.map((group) => alphabet.charAt(Number.parseInt(group.padEnd(6, "0"), 2))).join("");
}
