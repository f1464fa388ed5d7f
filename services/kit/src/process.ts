import { ConfigError } from "./config";
import type { Logger } from "./logger";
import type { RunningService } from "./run";

/**
 * The life of a service process: start, serve until SIGTERM or SIGINT, end without dropping a request.
 *
 * Exit codes: 0 after an orderly end; 1 when the environment is wrong, the service cannot start, or something was
 * thrown that nobody caught (state may then be inconsistent, and the platform starts a fresh process).
 */
export async function runProcess(start: () => Promise<{ readonly service: RunningService; readonly logger: Logger }>): Promise<void> {
  let started: { readonly service: RunningService; readonly logger: Logger };
  try {
    started = await start();
  } catch (error) {
    const text = error instanceof ConfigError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${text}\n`);
    process.exit(1);
  }
  const { service, logger } = started;
  const crash = (error: unknown): void => {
    logger.fatal({ err: error }, "uncaught error; the process ends");
    process.exit(1);
  };
  process.once("uncaughtException", crash);
  process.once("unhandledRejection", crash);
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
  });
  logger.info({ signal }, "asked to end");
  await service.stop();
  process.exit(0);
}
