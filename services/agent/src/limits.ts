import { problem } from "../../kit/src";
import type { Violation } from "../../kit/src";

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

/** Types and capabilities: they are parts of keys, so no slash. */
export const NAME_PATTERN = `^[A-Za-z0-9][A-Za-z0-9._:-]{0,${MAX_NAME_LENGTH - 1}}$`;
/** UUID, lower case. */
export const ID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

/**
 * What a JSON schema cannot say about metadata.
 *
 * @throws Problem 400 `invalid-request` with all violations.
 */
export function assertMetadata(metadata: Readonly<Record<string, unknown>>): void {
  const violations: Violation[] = [];
  const bytes = Buffer.byteLength(JSON.stringify(metadata));
  if (bytes > MAX_METADATA_BYTES) {
    violations.push({ in: "body", pointer: "/metadata", detail: `is ${bytes} bytes of JSON; at most ${MAX_METADATA_BYTES} are kept` });
  }
  if (isDeeperThan(metadata, MAX_METADATA_DEPTH)) {
    violations.push({ in: "body", pointer: "/metadata", detail: `is nested deeper than ${MAX_METADATA_DEPTH} levels` });
  }
  if (violations.length > 0) {
    throw problem("invalid-request", violations.map(({ pointer, detail }) => `body '${pointer}' ${detail}`).join("; "), { violations });
  }
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((child) => isDeeperThan(child, levels - 1));
}
