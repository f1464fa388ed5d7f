export const MAX_NAME_LENGTH = 64;
/** Models and versions: parts of paths, so no slash. */
export const NAME_PATTERN = `^[A-Za-z0-9][A-Za-z0-9._-]{0,${MAX_NAME_LENGTH - 1}}$`;
/** PostgreSQL keeps every character but this one. */
export const TEXT_PATTERN = "^[^\\u0000]*$";
export const MAX_DESCRIPTION_LENGTH = 1_024;
export const MAX_URI_LENGTH = 2_048;
/** Places that artifacts are kept in. */
export const URI_PATTERN = "^(https|s3|gs|oci)://[^\\s]+$";
export const SHA256_PATTERN = "^[0-9a-f]{64}$";
/** A petabyte. */
export const MAX_ARTIFACT_BYTES = 1e15;
export const MAX_VERSIONS_PER_MODEL = 500;
/** Versions that share a model's traffic. */
export const MAX_ROUTED_VERSIONS = 16;
/** Weights are percent. */
export const TOTAL_WEIGHT = 100;
export const MAX_ROUTE_KEY_LENGTH = 256;
export const DEFAULT_PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 100;
export const MAX_CURSOR_LENGTH = 128;
