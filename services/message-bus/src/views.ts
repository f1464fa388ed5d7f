import type { Static } from "typebox";
import type { DeadLetters, ReceivedMessages, SentMessage } from "../schemas";
import type { DeadLetter, Delivery, MessageRecord } from "./message";
import type { Sent } from "./sender";

const time = (ms: number): string => new Date(ms).toISOString();

export function toSent({ id, to, sentAtMs, expiresAtMs }: Sent): Static<typeof SentMessage> {
  return { id, to, sentAt: time(sentAtMs), expiresAt: time(expiresAtMs) };
}

export function toReceived({ record, receipt, visibleAtMs }: Delivery): Static<typeof ReceivedMessages>["messages"][number] {
  return { ...toMessage(record), receipt, visibleAt: time(visibleAtMs) };
}

export function toDeadLetter({ record, deadAtMs }: DeadLetter): Static<typeof DeadLetters>["messages"][number] {
  return { ...toMessage(record), deadAt: time(deadAtMs) };
}

function toMessage({ id, to, type, payload, priority, sentAtMs, expiresAtMs, deliveries, trace }: MessageRecord) {
  const { traceparent, tracestate } = trace;
  return {
    id, to, type, payload: { ...payload }, priority, sentAt: time(sentAtMs), expiresAt: time(expiresAtMs), deliveries,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
  };
}
