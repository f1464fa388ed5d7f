import { Writable } from "node:stream";
import { createLogger } from "../../src/logger";
import type { Logger } from "../../src/logger";

export interface CapturingLogger {
  readonly logger: Logger;
  readonly lines: () => Record<string, unknown>[];
  readonly text: () => string;
}

/** A logger that keeps what it wrote. */
export function capturingLogger(): CapturingLogger {
  const chunks: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  const logger = createLogger({ service: "sample", version: "1.2.3", region: "test", level: "trace", destination });
  const text = (): string => chunks.join("");
  return { logger, text, lines: () => text().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Record<string, unknown>) };
}
