import { Problem, injectContext, problem } from "../../kit/src";
import { absent, put, read } from "../../kit/src/etcd";
import type { EtcdClient } from "../../kit/src/etcd";
import { IDEMPOTENCY_AGE_S, MAX_PAYLOAD_BYTES } from "../limits";
import type { Priority } from "../schemas";
import type { Fullness } from "./fullness";
import { digest, idempotencyKey, readyKey } from "./keys";
import { LastingLease } from "./lasting-lease";
import type { MessageRecord } from "./message";
import { canonicalJson } from "../../kit/src/json";
import { newId } from "../../kit/src/uuid";

const MS_PER_S = 1_000;

export interface NewMessage {
  readonly to: string;
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly priority: Priority;
  readonly ttlSeconds: number;
}

/** What an `Idempotency-Key` led to. */
interface Claim {
  /** Digest of the body it came with. */
  readonly fingerprint: string;
  readonly sent: Sent;
}

export type Sent = Pick<MessageRecord, "id" | "to" | "sentAtMs" | "expiresAtMs">;

/** Puts messages into mailboxes. Throws Problem and EtcdError. */
export class Sender {
  readonly #etcd: EtcdClient;
  readonly #fullness: Fullness;
  readonly #claims: LastingLease;

  constructor(etcd: EtcdClient, fullness: Fullness) {
    this.#etcd = etcd;
    this.#fullness = fullness;
    this.#claims = new LastingLease(etcd, IDEMPOTENCY_AGE_S);
  }

  /**
   * Stores a message with the trace it is sent in. With an idempotency key, the same message is stored once, however
   * often it is sent: message and key are one transaction.
   *
   * @throws Problem 400 when the payload is too large, 422 `idempotency-key-reused`, 429 when there is no place.
   */
  async send(wanted: NewMessage, key: string | undefined, options: { readonly signal?: AbortSignal } = {}): Promise<Sent> {
    assertPayload(wanted.payload);
    const sentAtMs = Date.now();
    const record: MessageRecord = {
      id: newId(sentAtMs),
      to: wanted.to,
      type: wanted.type,
      payload: wanted.payload,
      priority: wanted.priority,
      sentAtMs,
      expiresAtMs: sentAtMs + wanted.ttlSeconds * MS_PER_S,
      deliveries: 0,
      trace: injectContext({}),
    };
    if (key === undefined) {
      await this.#fullness.assertPlace(wanted.to, options);
      await this.#store(record, undefined, options);
      return record;
    }
    return this.#sendOnce(record, key, digest(canonicalJson(wanted)), options);
  }

  async #sendOnce(record: MessageRecord, key: string, fingerprint: string, options: { readonly signal?: AbortSignal }): Promise<Sent> {
    const claimKey = idempotencyKey(key);
    // Looked up first: what was sent already needs no place.
    const earlier = await this.#etcd.get(claimKey, options);
    if (earlier !== undefined) return claimed(earlier.value, fingerprint);
    await this.#fullness.assertPlace(record.to, options);
    const { id, to, sentAtMs, expiresAtMs } = record;
    const claim: Claim = { fingerprint, sent: { id, to, sentAtMs, expiresAtMs } };
    const other = await this.#claims.with((lease) => this.#store(record, { key: claimKey, value: JSON.stringify(claim), lease }, options));
    return other === undefined ? record : claimed(other, fingerprint);
  }

  /** @returns the claim of whoever used the key before; undefined when the message was stored. */
  async #store(
    record: MessageRecord,
    claim: { readonly key: string; readonly value: string; readonly lease: bigint } | undefined,
    options: { readonly signal?: AbortSignal },
  ): Promise<string | undefined> {
    const key = readyKey(record);
    const claimKeys = claim === undefined ? [] : [claim.key];
    const outcome = await this.#etcd.txn(
      {
        when: [key, ...claimKeys].map(absent),
        then: [put(key, JSON.stringify(record)), ...(claim === undefined ? [] : [put(claim.key, claim.value, claim.lease)])],
        otherwise: [key, ...claimKeys].map(read),
        // The id is new and unguessable: when it exists after all, an attempt whose answer was lost has stored it.
        repeatable: "idempotent",
      },
      options,
    );
    const [[ours] = [], [other] = []] = outcome.reads;
    if (outcome.succeeded || ours !== undefined) return undefined;
    // A message that was stored by a lost attempt and taken since is gone from its key, but not from its claim.
    if (claim === undefined || other === undefined || other.value === claim.value) return undefined;
    return other.value;
  }
}

function claimed(text: string, fingerprint: string): Sent {
  const claim = JSON.parse(text) as Claim;
  if (claim.fingerprint === fingerprint) return claim.sent;
  throw new Problem({
    code: "idempotency-key-reused",
    status: 422,
    title: "This Idempotency-Key was used for another request",
    detail: "the earlier request with this 'Idempotency-Key' had a different body; send a new key for a new message",
  });
}

function assertPayload(payload: Readonly<Record<string, unknown>>): void {
  const bytes = Buffer.byteLength(JSON.stringify(payload));
  if (bytes <= MAX_PAYLOAD_BYTES) return;
  const detail = `is ${bytes} bytes of JSON; at most ${MAX_PAYLOAD_BYTES} are taken, put larger things into a store and send where they are`;
  throw problem("invalid-request", `body '/payload' ${detail}`, { violations: [{ in: "body", pointer: "/payload", detail }] });
}
