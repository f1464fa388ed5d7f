import type { EtcdClient } from "../../kit/src/etcd";
import { Problem } from "../../kit/src";
import { MAX_MAILBOX_MESSAGES, MAX_MESSAGES, MESSAGE_COUNT_AGE_MS } from "../limits";
import { MAILBOXES, mailboxFolder } from "./keys";

const RETRY_AFTER_S = "5";

interface Options {
  readonly signal?: AbortSignal;
}

/** Refuses messages that there is no place for. */
export class Fullness {
  readonly #etcd: EtcdClient;
  #total: { readonly count: Promise<number>; readonly at: number } | undefined;

  constructor(etcd: EtcdClient) {
    this.#etcd = etcd;
  }

  /** @throws Problem 429 `mailbox-full` or `bus-full`. */
  async assertPlace(agentId: string, options: Options = {}): Promise<void> {
    const [own, all] = await Promise.all([this.#etcd.count(mailboxFolder(agentId), options), this.total()]);
    if (own >= MAX_MAILBOX_MESSAGES) {
      throw full("mailbox-full", "The mailbox is full", `the mailbox of agent '${agentId}' holds ${own} messages and takes ${MAX_MAILBOX_MESSAGES}; try again when its agent has taken some`);
    }
    if (all >= MAX_MESSAGES) {
      throw full("bus-full", "All mailboxes together are full", `${all} messages wait in all mailboxes and ${MAX_MESSAGES} are kept; try again when some were taken`);
    }
  }

  /** Messages in all mailboxes, as of a moment ago: whoever asks at the same time shares one count. */
  total(): Promise<number> {
    const now = performance.now();
    if (this.#total === undefined || now - this.#total.at > MESSAGE_COUNT_AGE_MS) {
      const total = { count: this.#etcd.count(MAILBOXES), at: now };
      this.#total = total;
      total.count.catch(() => {
        if (this.#total === total) this.#total = undefined;
      });
    }
    return this.#total.count;
  }
}

function full(code: string, title: string, detail: string): Problem {
  return new Problem({ code, status: 429, title, detail, headers: { "retry-after": RETRY_AFTER_S } });
}
