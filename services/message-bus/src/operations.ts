import { fromCursor, toCursor } from "../../kit/src";
import type { OperationsOf } from "../../kit/src";
import type { EtcdClient } from "../../kit/src/etcd";
import type { contract } from "../contract";
import { isDeadLetterName, listDeadLetters } from "./dead-letters";
import type { Mailboxes } from "./mailbox";
import type { Sender } from "./sender";
import type { Topics } from "./topics";
import { toDeadLetter, toReceived, toSent } from "./views";

export interface BusParts {
  readonly etcd: EtcdClient;
  readonly sender: Sender;
  readonly mailboxes: Mailboxes;
  readonly topics: Topics;
}

/** A delivery is of this moment: nobody on the way may keep it. */
const NOT_STORED = { "cache-control": "no-store" } as const;

/** What the service does for each route that its contract publishes as available. */
export function operations({ etcd, sender, mailboxes, topics }: BusParts): OperationsOf<typeof contract> {
  return {
    sendMessage: async ({ body, headers, signal }) => ({ status: 201, body: toSent(await sender.send(body, headers["idempotency-key"], { signal })) }),
    receiveMessages: async ({ params, query, signal }) => {
      const deliveries = await mailboxes.receive({ agentId: params.agentId, ...query, signal });
      return { status: 200, headers: NOT_STORED, body: { messages: deliveries.map(toReceived) } };
    },
    acknowledgeMessages: async ({ params, body, signal }) => {
      const there = await mailboxes.acknowledge(params.agentId, body.receipts, { signal });
      return { status: 200, body: { acknowledged: body.receipts.filter((_, index) => there[index]), unknown: body.receipts.filter((_, index) => !there[index]) } };
    },
    listDeadLetters: async ({ params, query, signal }) => {
      const after = query.cursor === undefined ? undefined : fromCursor(query.cursor, isDeadLetterName);
      const { letters, nextAfter } = await listDeadLetters(etcd, params.agentId, { after, limit: query.limit, signal });
      return { status: 200, body: { messages: letters.map(toDeadLetter), nextCursor: nextAfter === undefined ? undefined : toCursor(nextAfter) } };
    },
    listTopics: async ({ signal }) => ({ status: 200, body: { topics: [...(await topics.list({ signal }))] } }),
    publishEvent: async ({ params: { topic }, body, signal }) => ({ status: 201, body: { topic, offset: await topics.publish(topic, body, { signal }) } }),
    readEvents: async ({ params, query, signal }) => {
      const page = await topics.read(params.topic, { ...query, signal });
      return { status: 200, headers: NOT_STORED, body: { ...page, events: [...page.events] } };
    },
  };
}
