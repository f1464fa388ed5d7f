import { provider } from "@pulumi/pulumi";
import type { BuiltInProvider } from "./provider";

/** The library reads the engine's address from the arguments; the engine that attaches brings its own. */
const noEngine = "127.0.0.1:1";

/**
 * Serves a provider on a free port of 127.0.0.1 and prints that port, as any Pulumi plugin does.
 * It lives as long as its standard input: when whoever started it dies, however it dies, the pipe closes.
 */
export function serve(built: BuiltInProvider): void {
  process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0)).resume();
  provider.main(built, [noEngine]).catch((cause: unknown) => {
    console.error(cause);
    process.exit(1);
  });
}
