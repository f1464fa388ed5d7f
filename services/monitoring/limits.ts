/** UUID, lower case. */
export const ID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
export const TRACE_ID_PATTERN = "^[0-9a-f]{32}$";
export const DEFAULT_PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 100;
export const MAX_POSITION = Number.MAX_SAFE_INTEGER;
/** Events of one agent's history in one answer; older ones are in the timeline. */
export const MAX_HISTORY = 50;
export const MAX_ALERTS = 500;
export const MAX_SERVICES = 200;

/** Spans of one request of the collector, which sends 1,024 at the most. */
export const MAX_SPANS_PER_REQUEST = 4_096;
export const MAX_RESOURCES_PER_REQUEST = 1_024;
export const MAX_SPAN_ATTRIBUTES = 32;
/** Characters; longer texts are cut. */
export const MAX_ATTRIBUTE_TEXT = 512;
export const MAX_SPANS_PER_TRACE = 2_000;

export const MAX_SPANS_KEPT = 200_000;
export const SPAN_AGE_S = 24 * 3_600;
export const MAX_EVENTS_KEPT = 200_000;
export const EVENT_AGE_S = 30 * 24 * 3_600;

/** Rows that one statement of the sweeper removes: short enough for the statement timeout. */
export const SWEEP_BATCH = 5_000;
export const SWEEP_EVERY_MS = 30_000;

/** How often the topic is asked for news. Not a long poll: those would count as slow answers of the message bus. */
export const CONSUME_EVERY_MS = 500;
export const CONSUME_BATCH = 100;
/** After this time without a sign of life of the replica that consumes, another one does. */
export const CONSUMER_LEASE_S = 15;
/** How often the others look whether they have to. */
export const CONSUMER_STAND_BY_MS = 3_000;
/** Pages of agents that are read to fill a gap; beyond it none is taken for removed. */
export const MAX_RECONCILE_PAGES = 1_000;

export const PROMETHEUS_DEADLINE_MS = 3_000;
export const MAX_PROMETHEUS_BYTES = 4 * 1024 * 1024;

export const HEALTH_EVERY_MS = 5_000;
/** How long a region has to be well before it is said to be. */
export const RECOVERY_MS = 60_000;
