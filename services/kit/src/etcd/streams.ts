import { ConnectError } from "@connectrpc/connect";
import { setTimeout as sleep } from "node:timers/promises";
import { EtcdError } from "./errors";
import { Event_EventType } from "./gen/kv_pb";
import type { Event } from "./gen/kv_pb";
import type { WatchResponse } from "./gen/rpc_pb";
import { decode, encode, prefixEnd } from "./keys";
import type { Member, Members } from "./members";
import { translate } from "./translate";

/** One change of one key. */
export interface Change {
  readonly kind: "put" | "delete";
  readonly key: string;
  /** Empty for a deletion. */
  readonly value: string;
  readonly revision: bigint;
}

/** Pause before a broken watch is opened on the next member. */
const REOPEN_PAUSE_MS = 200;

/** One renewal on a stream of its own. Throws what the stream throws, and `lease-not-found` when the lease has ended. */
export async function keepAliveOnce(member: Member, id: bigint, signal: AbortSignal): Promise<number> {
  const sent = new AbortController();
  async function* requests(): AsyncGenerator<{ ID: bigint }> {
    yield { ID: id };
    // The stream stays open until the answer is there: etcd drops answers of a stream whose sender has ended.
    await aborted(sent.signal);
  }
  try {
    for await (const answer of member.leaseStreams.leaseKeepAlive(requests(), { signal })) {
      if (answer.TTL <= 0n) throw new EtcdError("lease-not-found", `keepLease: lease ${id.toString(16)} has ended; grant a new one`);
      return Number(answer.TTL);
    }
  } finally {
    sent.abort();
  }
  throw new ConnectError("the stream ended without an answer");
}

export async function* watchPrefix(
  members: Members,
  prefix: string,
  { fromRevision, signal }: { readonly fromRevision: bigint; readonly signal: AbortSignal },
): AsyncGenerator<Change, void, undefined> {
  let next = fromRevision;
  for (let failures = 0; !signal.aborted; ) {
    const order = await members.inOrder().catch((cause: unknown) => {
      throw new EtcdError("unavailable", "watch: the client cannot connect", { cause });
    });
    const member = order[failures % order.length];
    if (member === undefined) return;
    try {
      for await (const answer of openWatch(member, prefix, next, signal)) {
        failures = 0;
        for (const change of changesOf(answer, next)) yield change;
        next = nextRevision(answer, next);
      }
    } catch (thrown) {
      if (signal.aborted) return;
      const error = translate(`watch on ${member.endpoint}`, thrown);
      if (error.code !== "unavailable" && error.code !== "deadline") throw error;
    }
    failures += 1;
    members.failed(member);
    await sleep(REOPEN_PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function* openWatch(member: Member, prefix: string, startRevision: bigint, signal: AbortSignal): AsyncGenerator<WatchResponse> {
  const key = encode(prefix);
  const ended = new AbortController();
  const stream = AbortSignal.any([signal, ended.signal]);
  async function* requests() {
    yield { requestUnion: { case: "createRequest" as const, value: { key, rangeEnd: prefixEnd(key), startRevision, progressNotify: true } } };
    await aborted(stream);
  }
  try {
    for await (const answer of member.watch.watch(requests(), { signal: stream })) {
      if (answer.compactRevision > 0n) {
        throw new EtcdError("compacted", `watch: revision ${startRevision} is no longer kept, the oldest is ${answer.compactRevision}; list again`);
      }
      if (answer.canceled) throw new EtcdError("rejected", `watch: ${answer.cancelReason === "" ? "cancelled by etcd" : answer.cancelReason}`);
      yield answer;
    }
  } finally {
    ended.abort();
  }
}

function changesOf(answer: WatchResponse, from: bigint): Change[] {
  return answer.events.flatMap((event: Event) => {
    const { kv } = event;
    if (kv === undefined || kv.modRevision < from) return [];
    return [{ kind: event.type === Event_EventType.DELETE ? "delete" : "put", key: decode(kv.key), value: decode(kv.value), revision: kv.modRevision }];
  });
}

/**
 * Where to go on after a break. All changes of one revision come in one answer; the header may already be ahead of
 * changes that follow in a later one, so only an answer without changes (a progress note) speaks for it.
 */
function nextRevision(answer: WatchResponse, next: bigint): bigint {
  const lastChange = answer.events.at(-1)?.kv?.modRevision;
  if (lastChange !== undefined) return lastChange + 1n;
  if (answer.created || answer.header === undefined) return next;
  return answer.header.revision + 1n > next ? answer.header.revision + 1n : next;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
