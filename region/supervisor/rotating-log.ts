import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";
import { privateFileMode } from "../files";

/** A log grows to this size, then becomes `<name>.1`, which replaces the one before. */
export const logLimitBytes = 8 * 1024 * 1024;
/** How much of the newest output is kept for error messages. */
const tailLimitBytes = 8 * 1024;

/** A process's log: one file and its predecessor, never more. */
export class RotatingLog {
  readonly #path: string;
  readonly #limitBytes: number;
  #descriptor: number;
  #size: number;
  #tail = "";

  constructor(path: string, limitBytes: number = logLimitBytes) {
    this.#path = path;
    this.#limitBytes = limitBytes;
    this.#descriptor = openSync(path, "a", privateFileMode);
    this.#size = fstatSync(this.#descriptor).size;
  }

  get path(): string {
    return this.#path;
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#size > 0 && this.#size + bytes.length > this.#limitBytes) this.#rotate();
    writeSync(this.#descriptor, bytes);
    this.#size += bytes.length;
    this.#tail = (this.#tail + text).slice(-tailLimitBytes);
  }

  /** The newest lines of this run. */
  lastLines(count: number): string[] {
    return this.#tail.split("\n").filter((line) => line.trim() !== "").slice(-count);
  }

  #rotate(): void {
    closeSync(this.#descriptor);
    renameSync(this.#path, `${this.#path}.1`);
    this.#descriptor = openSync(this.#path, "a", privateFileMode);
    this.#size = 0;
  }
}
