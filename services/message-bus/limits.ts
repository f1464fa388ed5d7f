/** UUID, lower case. */
export const ID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
export const MAX_TYPE_LENGTH = 64;
/** Types of messages; workers decide on them. */
export const TYPE_PATTERN = `^[A-Za-z0-9][A-Za-z0-9._:-]{0,${MAX_TYPE_LENGTH - 1}}$`;
export const MAX_PAYLOAD_BYTES = 32 * 1024;
export const MAX_IDEMPOTENCY_KEY_LENGTH = 128;
export const MAX_CURSOR_LENGTH = 128;

/** Messages of one mailbox that are not acknowledged. Senders of the same instant can exceed it by as many as they are. */
export const MAX_MAILBOX_MESSAGES = 1_000;
/** Messages of all mailboxes together: at the largest payload they fill about 640 MiB of etcd. */
export const MAX_MESSAGES = 20_000;
/** How old the count that is compared with it may be. */
export const MESSAGE_COUNT_AGE_MS = 1_000;
export const DEFAULT_TTL_S = 24 * 3_600;
export const MAX_TTL_S = 7 * 24 * 3_600;

export const DEFAULT_BATCH = 10;
export const MAX_BATCH = 50;
/** Receipts of one acknowledgement: etcd takes at most 128 steps in one transaction, and each receipt is two. */
export const MAX_RECEIPTS = 64;
export const MAX_RECEIPT_LENGTH = 256;
export const DEFAULT_VISIBILITY_S = 30;
export const MAX_VISIBILITY_S = 3_600;
/** Deliveries without an acknowledgement after which a message is a dead letter. */
export const MAX_DELIVERIES = 5;
export const MAX_WAIT_MS = 20_000;
/** Requests of one process that wait for something to come; more are answered at once. */
export const MAX_WAITING_REQUESTS = 500;

export const MAX_DEAD_LETTERS = 200;
export const DEAD_LETTER_AGE_S = 7 * 24 * 3_600;
export const MAX_PAGE_SIZE = 100;
export const DEFAULT_PAGE_SIZE = 50;

export const MAX_TOPIC_LENGTH = 64;
/** Lower-case words separated by dots, at least two. */
export const TOPIC_PATTERN = "^[a-z][a-z0-9-]*(\\.[a-z][a-z0-9-]*)+$";
export const MAX_TOPICS = 64;
export const MAX_EVENT_DATA_BYTES = 32 * 1024;
export const MAX_EVENT_ID_LENGTH = 128;
export const MAX_EVENT_SOURCE_LENGTH = 256;
export const MAX_TOPIC_EVENTS = 10_000;
export const TOPIC_AGE_S = 7 * 24 * 3_600;
/** Largest offset: what a number in JSON can hold exactly. */
export const MAX_OFFSET = Number.MAX_SAFE_INTEGER;

/** How often a change is tried again that others were in the way of. */
export const MAX_ATTEMPTS = 20;
/** How long an `Idempotency-Key` is known at the least. */
export const IDEMPOTENCY_AGE_S = 24 * 3_600;
