import type { Command } from "./command";
import { renderError, usageExitCode, UserError } from "./errors";

/** Commands are loaded when they are called: the engine's client alone takes half a second. */
const commands: Readonly<Record<string, () => Command>> = {
  up: () => (require("./up") as typeof import("./up")).up,
  down: () => (require("./down") as typeof import("./down")).down,
  status: () => (require("./status") as typeof import("./status")).status,
  logs: () => (require("./logs") as typeof import("./logs")).logs,
  "new-service": () => (require("./new-service") as typeof import("./new-service")).newService,
  backup: () => (require("./backup") as typeof import("./backup")).backup,
  restore: () => (require("./restore") as typeof import("./restore")).restore,
  kubectl: () => (require("./kubectl") as typeof import("./kubectl")).kubectl,
  dashboard: () => (require("./dashboard") as typeof import("./dashboard")).dashboard,
};

/** Exit code of a command ended by Ctrl-C, as shells have it. */
const interruptedExitCode = 130;

function overview(): string {
  const loaded = Object.values(commands).map((load) => load());
  return ["usage: npm run <command> -- [flags]", "", ...loaded.map((command) => `  ${command.name.padEnd(13)}${command.summary}`), "", "npm run <command> -- --help tells more."].join("\n");
}

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "help") {
    process.stdout.write(`${overview()}\n`);
    return name === undefined ? usageExitCode : 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) throw new UserError(`unknown command '${name}': known commands are ${Object.keys(commands).join(", ")}`, { exitCode: usageExitCode });
  const command = load();
  if (command.passThrough !== true && (rest.includes("--help") || rest.includes("-h"))) {
    process.stdout.write(`${command.help}\n`);
    return 0;
  }
  const controller = new AbortController();
  const interrupt = (): void => controller.abort(new UserError("interrupted: run `npm run up` again to go on, or `npm run down` to remove what there is", { exitCode: interruptedExitCode }));
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  try {
    return await command.run(rest, { print: (line) => process.stdout.write(`${line}\n`), signal: controller.signal });
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}

main(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    process.stderr.write(`${renderError(error, process.env["DEBUG"] !== undefined)}\n`);
    process.exitCode = error instanceof UserError ? error.exitCode : 1;
  },
);
