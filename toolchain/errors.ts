/** Every failure of the toolchain that a user can do something about. `code` is stable. */
export type ToolchainErrorCode =
  | "prerequisite-missing"
  | "build-failed"
  | "disk-full"
  | "checksum-mismatch"
  | "definition-invalid"
  | "aborted";

export class ToolchainError extends Error {
  override readonly name = "ToolchainError";

  constructor(
    readonly code: ToolchainErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The `code` of a system error (`ENOENT`, ...), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
