import type { EtcdClient } from "../../kit/src/etcd";
import { deadFolder } from "./keys";
import type { DeadLetter } from "./message";

const NAME = /^[0-9a-f-]{36}\.[0-9]{13}$/;

/** Whether a text can be the last part of a dead letter's key. */
export function isDeadLetterName(text: string): boolean {
  return NAME.test(text);
}

export interface DeadLetterPage {
  readonly letters: readonly DeadLetter[];
  /** Name after which the next page starts; undefined: this was the last one. */
  readonly nextAfter: string | undefined;
}

/** One page of an agent's dead letters, in the order of their sending. Throws EtcdError. */
export async function listDeadLetters(
  etcd: EtcdClient,
  agentId: string,
  page: { readonly after: string | undefined; readonly limit: number; readonly signal: AbortSignal },
): Promise<DeadLetterPage> {
  const folder = deadFolder(agentId);
  const found = await etcd.list(folder, { after: page.after === undefined ? undefined : `${folder}${page.after}`, limit: page.limit, signal: page.signal });
  const last = found.entries.at(-1);
  return {
    letters: found.entries.map(({ value }) => JSON.parse(value) as DeadLetter),
    nextAfter: found.more && last !== undefined ? last.key.slice(folder.length) : undefined,
  };
}
