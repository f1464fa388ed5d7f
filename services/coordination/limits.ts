export const MAX_NAME_LENGTH = 64;
/** Names of roles, options and leases; names of leases are parts of keys, so no slash. */
export const NAME_PATTERN = `^[A-Za-z0-9][A-Za-z0-9._:-]{0,${MAX_NAME_LENGTH - 1}}$`;
/** UUID, lower case. */
export const ID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
/** What people read: names of teams, goals, questions. */
export const MAX_TITLE_LENGTH = 128;
export const MAX_TEXT_LENGTH = 2_000;
export const MAX_CURSOR_LENGTH = 128;
export const DEFAULT_PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 100;

export const MAX_MEMBERS = 100;
export const MAX_CAPABILITIES = 8;
/** Agents that are asked for at the same time when members are checked. */
export const MEMBER_CHECKS_AT_ONCE = 16;
/** Agents looked at when a team is formed by capability. */
export const MAX_CANDIDATES = 1_000;
/** Candidates of one call to the agent service. */
export const CANDIDATES_PER_CALL = 100;

export const MIN_OPTIONS = 2;
export const MAX_OPTIONS = 16;
/** etcd rounds shorter leases up, so a shorter time would be a promise that is not kept. */
export const MIN_DEADLINE_S = 5;
export const MAX_DEADLINE_S = 7 * 24 * 3_600;
/** How long the outcome of a vote can be read after its deadline. */
export const OUTCOME_RETENTION_S = 7 * 24 * 3_600;
/** Votes on one question that wait for their turn in one process; more are told to come again. */
export const MAX_WAITING_VOTES = 1_000;

export const MIN_LEASE_S = 5;
export const MAX_LEASE_S = 3_600;
/** Largest fencing token: what a number in JSON can hold exactly. */
export const MAX_TOKEN = Number.MAX_SAFE_INTEGER;

/** How often a change is tried again because somebody else changed the same thing in between. */
export const MAX_CHANGE_ATTEMPTS = 50;
/** Longest random pause before the next of these attempts, so that replicas do not meet again. */
export const MAX_ATTEMPT_PAUSE_MS = 20;
