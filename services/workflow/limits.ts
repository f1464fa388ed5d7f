/** UUID, lower case. */
export const ID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
export const MAX_NAME_LENGTH = 64;
/** Names of workflows, steps and signals; they become parts of keys and paths, so no slash. */
export const NAME_PATTERN = `^[A-Za-z0-9][A-Za-z0-9._-]{0,${MAX_NAME_LENGTH - 1}}$`;
export const MAX_CURSOR_LENGTH = 128;
export const MAX_IDEMPOTENCY_KEY_LENGTH = 128;
export const DEFAULT_PAGE_SIZE = 20;
export const MAX_PAGE_SIZE = 100;

export const MAX_STEPS = 32;
export const MAX_REFERENCE_LENGTH = 256;
/** Objects and lists inside each other, in payloads and inputs. */
export const MAX_DEPTH = 12;

export const DEFAULT_ATTEMPTS = 5;
export const MAX_ATTEMPTS = 20;
export const DEFAULT_FIRST_PAUSE_MS = 200;
export const DEFAULT_LARGEST_PAUSE_MS = 10_000;
export const MIN_PAUSE_MS = 10;
export const MAX_PAUSE_MS = 3_600_000;
/** One attempt of one step, the retries of its client included. */
export const ATTEMPT_DEADLINE_MS = 5_000;
export const MAX_SLEEP_S = 30 * 24 * 3_600;
export const MAX_SIGNAL_TIMEOUT_S = 30 * 24 * 3_600;

/** Executions that are not finished; more are refused. */
export const MAX_UNFINISHED = 10_000;
/** How long finished executions can be read. */
export const EXECUTION_RETENTION_DAYS = 30;
/** How often accepted executions are looked for that did not reach the orchestrator. */
export const SUBMIT_EVERY_MS = 2_000;
/** An execution is handed over again when it is not finished after this time: the orchestrator may have lost it. */
export const RESUBMIT_AFTER_S = 60;
export const SUBMITTED_PER_ROUND = 200;
export const DELETED_PER_ROUND = 500;

/** One call to the orchestrator. */
export const ORCHESTRATOR_DEADLINE_MS = 3_000;
/** How often it is checked that the orchestrator knows the handlers. */
export const REGISTER_EVERY_MS = 10_000;
/** The orchestrator asks the handlers what they are before it answers. */
export const REGISTER_DEADLINE_MS = 10_000;
/** How long handlers that are under way may take when the process ends; the orchestrator does them again elsewhere. */
export const HANDLERS_CLOSE_MS = 2_000;
