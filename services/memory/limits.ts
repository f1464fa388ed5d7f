/** JSON text of one item's value. */
export const MAX_VALUE_BYTES = 64 * 1024;
/** Objects and lists inside each other. */
export const MAX_VALUE_DEPTH = 32;
export const MAX_TAGS = 32;
export const MAX_TAG_LENGTH = 64;
export const MAX_AGENT_ID_LENGTH = 64;
export const MAX_KEY_LENGTH = 120;
/** A year. */
export const MAX_TTL_S = 366 * 24 * 3600;
/** The largest that pgvector can index as `vector`. */
export const MAX_DIMENSION = 2_000;
/** Size of one number of an embedding; shares of it are what counts, so nobody needs more. */
export const MAX_COMPONENT = 1_000_000;
/** A shorter vector has no direction that single precision can tell. */
export const MIN_NORM = 1e-6;
export const MAX_QUERY_TEXT_LENGTH = 1_024;
export const MAX_TASK_LENGTH = 4_096;
export const MAX_OUTCOME_LENGTH = 4_096;
export const MAX_REWARD = 1_000_000;
export const DEFAULT_PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 100;
export const DEFAULT_HITS = 10;
/** A hit carries its value, so this bounds an answer to about 3 MiB. */
export const MAX_HITS = 50;
export const MAX_CURSOR_LENGTH = 512;

/** Parts of paths and of keys in Redis, so no slash and no space. */
export const AGENT_ID_PATTERN = `^[A-Za-z0-9][A-Za-z0-9._:-]{0,${MAX_AGENT_ID_LENGTH - 1}}$`;
export const KEY_PATTERN = `^[A-Za-z0-9][A-Za-z0-9._:-]{0,${MAX_KEY_LENGTH - 1}}$`;
/** PostgreSQL keeps every character but this one. */
export const TEXT_PATTERN = "^[^\\u0000]*$";
export const TAG_PATTERN = `^[A-Za-z0-9][A-Za-z0-9._:-]{0,${MAX_TAG_LENGTH - 1}}$`;

/** Candidates that each ranking hands to the fusion. */
export const CANDIDATES = 200;
/** Neighbours that the HNSW index keeps in view; more finds more and takes longer. */
export const EF_SEARCH = 200;

/** How long a cached item may be answered at the most. */
export const CACHE_ENTRY_MS = 30_000;
/** How long one reader may take to bring an item from PostgreSQL into the cache. */
export const CACHE_LEASE_MS = 5_000;
/** How long a key stays closed after a writer closed it and never came back: longer than any write takes. */
export const CACHE_CLOSED_MS = 15_000;
/** Redis answers within a millisecond or is not worth waiting for. */
export const CACHE_DEADLINE_MS = 100;
/** After an error, reads leave the cache alone for so long. */
export const CACHE_PAUSE_MS = 1_000;

export const SWEEP_EVERY_MS = 10_000;
export const SWEEP_BATCH = 1_000;
