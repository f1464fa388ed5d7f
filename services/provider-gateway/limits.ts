export const MAX_PROVIDERS = 32;
export const MAX_MODELS_PER_PROVIDER = 200;
export const MAX_TENANTS = 500;
export const MAX_NAME_LENGTH = 128;
/** Model names have slashes and colons at some providers. */
export const MODEL_PATTERN = `^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,${MAX_NAME_LENGTH - 1}}$`;
export const NAME_PATTERN = "^[a-z0-9][a-z0-9-]{0,62}$";
/** US dollars for a thousand tokens. */
export const MAX_PRICE_PER_1K = 100;

/** One request, its messages included. */
export const REQUEST_BODY_BYTES = 512 * 1024;
export const MAX_MESSAGES = 1_024;
export const MAX_CHOICES = 8;
export const MAX_OUTPUT_TOKENS = 1_000_000;

/** From a request to the end of its stream. */
export const REQUEST_TIMEOUT_MS = 120_000;
/** For a whole answer: who waits for one has given up by then. */
export const COMPLETE_TIMEOUT_MS = 50_000;
/** Until a provider begins to answer, and between two parts of its answer. */
export const DEFAULT_PROVIDER_TIMEOUT_MS = 30_000;
export const MAX_PROVIDER_TIMEOUT_MS = COMPLETE_TIMEOUT_MS;
export const CONNECT_TIMEOUT_MS = 3_000;
/** Open requests to one provider from one process; further ones wait. */
export const MAX_CONNECTIONS = 64;
/** A whole answer of a provider. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** One event of a stream. */
export const MAX_EVENT_BYTES = 1024 * 1024;
/** Of a provider's error text, for the caller to see. */
export const MAX_REASON_LENGTH = 500;

/** So many failures in a row take a provider out ... */
export const BREAK_AFTER_FAILURES = 5;
/** ... for so long, then one call is let through to see. */
export const HALF_OPEN_AFTER_MS = 5_000;
/** How long a provider that asks for time is left alone at the most. */
export const MAX_COOLING_MS = 60_000;
export const DEFAULT_COOLING_MS = 1_000;

export const DEFAULT_MONTHLY_BUDGET_USD = 100;
export const DEFAULT_REQUESTS_PER_SECOND = 10;
export const DEFAULT_BURST = 20;
/** Tenant of callers that name none. */
export const DEFAULT_TENANT = "default";

/** Writing down a call is tried so often. */
export const LEDGER_ATTEMPTS = 3;
export const LEDGER_PAUSE_MS = 200;
export const LEDGER_DEADLINE_MS = 3_000;
export const MAX_COST_GROUPS = 1_000;
export const MAX_COST_RANGE_DAYS = 366;
/** Characters that make a token, roughly, where a provider did not count. */
export const CHARACTERS_PER_TOKEN = 4;
