import { setTimeout as sleep } from "node:timers/promises";
import { EtcdError } from "./errors";
import { isFresh } from "./members";
import type { Member, Members } from "./members";
import { translate } from "./translate";

/** First pause before a call is tried again; it doubles, with jitter, up to the largest. */
const FIRST_PAUSE_MS = 20;
const LARGEST_PAUSE_MS = 500;
const MAX_ROUNDS = 10;
/** A member that does not take a connection in this time is passed over for the next one. */
const CONNECT_TIMEOUT_MS = 1_200;
/** Share of a call's time that one silent member may use up when another could be asked. */
const ATTEMPT_SHARE = 0.5;

/**
 * What may be done again when its outcome is not known.
 * - `read`: changes nothing.
 * - `idempotent`: a change that ends the same when it is made twice.
 * - `once`: any other change; it is tried again only when surely nothing happened.
 */
export type Repeatable = "read" | "idempotent" | "once";

export interface CallArgs<T> {
  readonly members: Members;
  /** Name for error texts. */
  readonly name: string;
  readonly repeatable: Repeatable;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly run: (member: Member, options: { readonly signal: AbortSignal }) => Promise<T>;
}

/** Makes one call, on another member when the first cannot be reached, within one deadline. Throws EtcdError. */
export async function call<T>(args: CallArgs<T>): Promise<T> {
  const { members, name, repeatable, timeoutMs } = args;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = args.signal === undefined ? deadline : AbortSignal.any([deadline, args.signal]);
  let applied: "no" | "unknown" = "no";
  let last: EtcdError | undefined;
  for (let round = 0; round < MAX_ROUNDS && !signal.aborted; round += 1) {
    if (round > 0) await pause(round, signal);
    for (const member of await inOrder(members, name)) {
      if (signal.aborted) break;
      const refused = await connectFault(member, signal);
      if (refused !== undefined) {
        members.failed(member);
        last = new EtcdError("unavailable", `${name}: no connection to ${member.endpoint} (${messageOf(refused)})`, { cause: refused });
        continue;
      }
      const attempt = repeatable === "once" ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs * ATTEMPT_SHARE)]);
      try {
        const result = await args.run(member, { signal: attempt });
        members.worked(member);
        return result;
      } catch (thrown) {
        last = attempt.aborted
          ? new EtcdError("deadline", `${name}: no answer from ${member.endpoint} in time`, { applied: "unknown", cause: thrown })
          : translate(`${name} on ${member.endpoint}`, thrown);
        if (last.code !== "unavailable" && last.code !== "deadline") throw last;
        if (args.signal?.aborted !== true) members.failed(member);
        if (repeatable !== "read" && last.applied === "unknown") applied = "unknown";
        if (repeatable === "once" && applied === "unknown" && !signal.aborted) throw last;
      }
    }
  }
  if (args.signal?.aborted === true) throw new EtcdError("cancelled", `${name}: given up by the caller`, { applied, cause: last });
  if (deadline.aborted && last?.code !== "unavailable") {
    throw new EtcdError("deadline", `${name}: no answer within ${timeoutMs} ms`, { applied, cause: last });
  }
  throw new EtcdError("unavailable", `${name}: no member of the cluster could answer within ${timeoutMs} ms`, { applied, cause: last });
}

async function inOrder(members: Members, name: string): Promise<readonly Member[]> {
  try {
    return await members.inOrder();
  } catch (cause) {
    throw new EtcdError("unavailable", `${name}: ${messageOf(cause)}`, { cause });
  }
}

/** Why a member cannot be talked to; nothing of the call was sent when this is not undefined. */
async function connectFault(member: Member, signal: AbortSignal): Promise<unknown> {
  if (isFresh(member)) return undefined;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_TIMEOUT_MS)]);
  const outcome = await untilAborted(member.session.connect(), limit);
  if (outcome === "error") return member.session.error() ?? new Error("connection failed");
  if (outcome === undefined) return new Error(`not connected within ${CONNECT_TIMEOUT_MS} ms`);
  return undefined;
}

/** Undefined when the signal came first. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  let onAbort = (): void => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    onAbort = () => resolve(undefined);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

async function pause(round: number, signal: AbortSignal): Promise<void> {
  const longest = Math.min(LARGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (round - 1));
  await sleep(longest * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
}

function messageOf(value: unknown): string {
  return value instanceof Error ? value.message : String(value);
}
