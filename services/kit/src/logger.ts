import pino from "pino";
import type { DestinationStream, Logger } from "pino";
import { traceOf } from "./telemetry/context";

export type { Logger } from "pino";

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Names whose values are never written, wherever in the first three levels of an entry they occur. */
const SECRET_NAMES = [
  "authorization", "cookie", "password", "passwd", "secret", "token", "accessToken", "refreshToken",
  "apiKey", "privateKey", "credentials", "connectionString", 'headers["set-cookie"]', 'headers["x-api-key"]',
];

export interface LoggerArgs {
  readonly service: string;
  readonly version: string;
  readonly region: string;
  readonly level: LogLevel;
  /** @default standard output, written synchronously so that the last lines before an exit are not lost */
  readonly destination?: DestinationStream;
}

/** Ids of the active span, so that a line is found from its trace and the other way round. */
function activeSpan(): { readonly traceId?: string; readonly spanId?: string } {
  const found = traceOf();
  return found === undefined ? {} : { traceId: found.traceId, spanId: found.spanId };
}

/** One JSON object a line. No worker threads, so that a bundled service needs nothing beside its one file. */
export function createLogger(args: LoggerArgs): Logger {
  const paths = SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  return pino(
    {
      level: args.level,
      base: { service: args.service, version: args.version, region: args.region, pid: process.pid },
      mixin: activeSpan,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths, censor: "[redacted]" },
      serializers: { err: pino.stdSerializers.errWithCause },
    },
    args.destination ?? pino.destination({ fd: 1, sync: true }),
  );
}
