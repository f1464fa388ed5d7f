export const MAX_NAME_LENGTH = 64;
export const MAX_CAPABILITIES = 32;
export const MAX_METADATA_PROPERTIES = 64;
export const MAX_METADATA_BYTES = 16 * 1024;
/** Objects and lists inside each other, the metadata object itself included. */
export const MAX_METADATA_DEPTH = 6;
export const MAX_IDEMPOTENCY_KEY_LENGTH = 128;
export const MAX_CURSOR_LENGTH = 128;
export const DEFAULT_PAGE_SIZE = 50;
/** etcd takes at most 128 steps in one transaction, and a page is read in one. */
export const MAX_PAGE_SIZE = 100;
/** Index entries looked at for one page when a second filter throws most of them away. */
export const MAX_SCANNED_PER_PAGE = 1_000;
/** How often a change without `If-Match` is tried again because somebody else changed the agent in between. */
export const MAX_CHANGE_ATTEMPTS = 20;

/** Events that wait for the message bus in the whole region. Beyond it changes are made all the same, without an event. */
export const MAX_OUTBOX_EVENTS = 10_000;
/** Events that one process hands to the message bus at the same time; further ones are left to the next sweep. */
export const MAX_RELAYS = 32;
/** How often a process looks for events that were left behind. */
export const OUTBOX_SWEEP_MS = 2_000;
/** Age from which on an event was left behind. */
export const OUTBOX_LEFT_BEHIND_MS = 3_000;

/** Types and capabilities: they are parts of keys, so no slash. */
export const NAME_PATTERN = `^[A-Za-z0-9][A-Za-z0-9._:-]{0,${MAX_NAME_LENGTH - 1}}$`;
/** UUID, lower case. */
export const ID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
