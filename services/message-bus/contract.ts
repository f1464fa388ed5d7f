import { HEALTH_PATHS, SERVICE_LIMITS, SERVICE_OBJECTIVE, SERVICE_PORTS, SERVICE_SHUTDOWN, defineContract } from "../kit/contract";
import {
  AckBody, Acknowledged, DeadLetters, Event, Mailbox, PageQuery, Published, ReadQuery, ReceiveQuery, ReceivedMessages, SendBody, SendHeaders,
  SentMessage, TopicEvents, TopicName, Topics,
} from "./schemas";

/** Path that messages are sent to. */
export const MESSAGES = "/api/v1/messages";
const QUEUE = `${MESSAGES}/queue/{agentId}` as const;
const TOPICS = "/api/v1/topics";
const EVENTS = `${TOPICS}/{topic}/events` as const;

const FULL = {
  "mailbox-full": { status: 429, description: "the receiver's mailbox is full" },
  "bus-full": { status: 429, description: "all mailboxes together are full" },
} as const;

/** The message bus: a mailbox for each agent, and topics that services publish to. Kept in etcd until Kafka is there. */
export const contract = defineContract({
  name: "message-bus",
  version: "1.0.0",
  summary: "Mailboxes of agents, and topics between services",
  ports: SERVICE_PORTS,
  prefixes: [MESSAGES, TOPICS],
  routes: {
    sendMessage: {
      method: "POST",
      path: MESSAGES,
      summary: "Put a message into an agent's mailbox",
      status: "available",
      schema: {
        headers: SendHeaders,
        body: SendBody,
        responses: { 201: { description: "Stored", body: SentMessage } },
        problems: { ...FULL, "idempotency-key-reused": { status: 422, description: "the key came with another body before" } },
      },
    },
    receiveMessages: {
      method: "GET",
      path: QUEUE,
      summary: "Take messages out of a mailbox for a while; acknowledge them, or they come again",
      status: "available",
      waits: true,
      schema: { params: Mailbox, query: ReceiveQuery, responses: { 200: { description: "By priority, then by time; empty when there is nothing", body: ReceivedMessages } } },
    },
    acknowledgeMessages: {
      method: "POST",
      path: `${QUEUE}/ack`,
      summary: "Remove messages that were dealt with",
      status: "available",
      schema: { params: Mailbox, body: AckBody, responses: { 200: { description: "What was removed, and what was not there", body: Acknowledged } } },
    },
    listDeadLetters: {
      method: "GET",
      path: `${QUEUE}/dead`,
      summary: "List messages that were handed out too often without an acknowledgement",
      status: "available",
      schema: { params: Mailbox, query: PageQuery, responses: { 200: { description: "One page, oldest message first", body: DeadLetters } } },
    },
    replayDeadLetters: { method: "POST", path: `${QUEUE}/dead/replay`, summary: "Put dead letters back into the mailbox", status: "planned" },
    requestReply: { method: "POST", path: `${MESSAGES}/request`, summary: "Send a message and wait for its reply", status: "planned" },
    streamMessages: { method: "GET", path: `${QUEUE}/stream`, summary: "Messages as server-sent events", status: "planned" },
    listTopics: {
      method: "GET",
      path: TOPICS,
      summary: "List topics",
      status: "available",
      audience: "internal",
      schema: { responses: { 200: { description: "All of them", body: Topics } } },
    },
    publishEvent: {
      method: "POST",
      path: EVENTS,
      summary: "Append a CloudEvent to a topic",
      status: "available",
      audience: "internal",
      schema: {
        params: TopicName,
        body: Event,
        responses: { 201: { description: "Stored; an event with this source and id that is kept already keeps its offset", body: Published } },
        problems: { "too-many-topics": { status: 429, description: "no further topic can be made" } },
      },
    },
    readEvents: {
      method: "GET",
      path: EVENTS,
      summary: "Read the events of a topic after an offset",
      status: "available",
      waits: true,
      audience: "internal",
      schema: { params: TopicName, query: ReadQuery, responses: { 200: { description: "In the order of their offsets", body: TopicEvents } } },
    },
  },
  health: HEALTH_PATHS,
  // Longer than the longest wait for a message.
  limits: { ...SERVICE_LIMITS, requestTimeoutMs: 30_000 },
  // Whoever waits for a message when the process has to end may wait to the end.
  shutdown: { ...SERVICE_SHUTDOWN, inFlightDeadlineMs: 22_000 },
  needs: ["etcd"],
  stores: [{ system: "etcd", prefix: "/agentic-flow/message-bus/", holds: "messages, dead letters and events of topics" }],
  topics: { publishes: [], consumes: [] },
  env: {},
  calls: [],
  slo: SERVICE_OBJECTIVE,
});
