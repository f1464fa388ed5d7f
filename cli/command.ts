import type { Print } from "./steps";

/** What a command is given besides its arguments. */
export interface CommandContext {
  readonly print: Print;
  /** Aborted at Ctrl-C. */
  readonly signal: AbortSignal;
}

/** One `npm run <command>`; `run` returns the exit code. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  /** True where every argument belongs to another program, `--help` included. */
  readonly passThrough?: boolean;
  run(argv: readonly string[], context: CommandContext): Promise<number>;
}
