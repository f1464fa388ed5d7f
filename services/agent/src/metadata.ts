import { problem } from "../../kit/src";
import type { Violation } from "../../kit/src";
import { isDeeperThan } from "../../kit/src/json";
import { MAX_METADATA_BYTES, MAX_METADATA_DEPTH } from "../limits";

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
