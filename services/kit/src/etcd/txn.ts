import type { MessageInitShape } from "@bufbuild/protobuf";
import { Compare_CompareResult, Compare_CompareTarget } from "./gen/rpc_pb";
import type { CompareSchema, RequestOpSchema } from "./gen/rpc_pb";
import { encode, prefixEnd } from "./keys";

/** A condition of a transaction. */
export type Condition = MessageInitShape<typeof CompareSchema>;
/** A step of a transaction. */
export type Step = MessageInitShape<typeof RequestOpSchema>;

/** The key does not exist. */
export function absent(key: string): Condition {
  return {
    key: encode(key),
    target: Compare_CompareTarget.CREATE,
    result: Compare_CompareResult.EQUAL,
    targetUnion: { case: "createRevision", value: 0n },
  };
}

/** The key was last changed by exactly this revision. */
export function unchangedSince(key: string, modRevision: bigint): Condition {
  return {
    key: encode(key),
    target: Compare_CompareTarget.MOD,
    result: Compare_CompareResult.EQUAL,
    targetUnion: { case: "modRevision", value: modRevision },
  };
}

export function put(key: string, value: string, lease = 0n): Step {
  return { request: { case: "requestPut", value: { key: encode(key), value: encode(value), lease } } };
}

export function remove(key: string): Step {
  return { request: { case: "requestDeleteRange", value: { key: encode(key) } } };
}

export function removePrefix(prefix: string): Step {
  const key = encode(prefix);
  return { request: { case: "requestDeleteRange", value: { key, rangeEnd: prefixEnd(key) } } };
}

export function read(key: string): Step {
  return { request: { case: "requestRange", value: { key: encode(key) } } };
}
