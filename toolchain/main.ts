import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { cacheRoot } from "./cache-root";
import { type Mode, modes } from "./definition";
import { inspectTools } from "./ensure";
import { formatReport, report } from "./list";
import { ensureToolchain, printProgress, ToolchainError } from "./index";
import { tools } from "./tools";

const help = `npm run toolchain -- [--mode ${modes.join("|")}] [--list [--verify]] [--json] [--help]

Builds what a mode needs, or says what is there.

  --mode MODE   engine: the Pulumi engine; simulated: and a control plane with simulated nodes;
                node: and all of a real node and the platform's engines (default);
                browser: Chromium alone, for tests of web pages
  --list        says what is there and builds nothing
  --verify      with --list: reads every file again and compares it with its sum
  --json        the result as JSON
  --help        this text`;

const flags = {
  mode: { type: "string", default: "node" },
  list: { type: "boolean", default: false },
  verify: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** A command line that cannot be understood. */
class UsageError extends Error {}

function parse(argv: readonly string[]) {
  const { values, tokens } = parseArgs({ args: [...argv], options: flags, strict: false, tokens: true, allowPositionals: true });
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") problems.push(`unexpected argument '${token.value}'`);
    if (token.kind !== "option") continue;
    if (!(token.name in flags)) problems.push(`unknown flag '${token.rawName}'`);
    else if (token.name === "mode" && !isMode(token.value)) problems.push(`--mode '${token.value ?? ""}' must be one of: ${modes.join(", ")}`);
    else if (token.name !== "mode" && token.value !== undefined) problems.push(`--${token.name} takes no value`);
  }
  if (values.verify === true && values.list !== true) problems.push("--verify needs --list");
  if (problems.length > 0) {
    const known = Object.keys(flags).map((name) => `--${name}`);
    throw new UsageError(`${problems.join("\n")}\nflags: ${known.join(" ")}; --help explains them`);
  }
  const mode = isMode(values.mode) ? values.mode : "node";
  return { mode, list: values.list === true, verify: values.verify === true, json: values.json === true, help: values.help === true };
}

function isMode(value: unknown): value is Mode {
  return (modes as readonly unknown[]).includes(value);
}

async function main(argv: readonly string[], signal: AbortSignal): Promise<void> {
  const options = parse(argv);
  if (options.help) return print(help);
  const started = Date.now();
  if (!options.list) await ensureToolchain(options.mode, { signal, onProgress: printProgress() });
  const selected = tools.filter((tool) => (tool.modes as readonly Mode[]).includes(options.mode));
  const lines = await report(await inspectTools(selected, resolve(cacheRoot()), signal), options.verify);
  if (options.json) return print(JSON.stringify(lines, undefined, 2));
  if (options.list) return print(formatReport(lines));
  print(`${lines.length} tools for mode ${options.mode} are ready after ${((Date.now() - started) / 1_000).toFixed(1)} s`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort());
main(process.argv.slice(2), stop.signal).catch((error: unknown) => {
  const known = error instanceof ToolchainError || error instanceof UsageError;
  process.stderr.write(`${known ? error.message : String(error instanceof Error ? (error.stack ?? error.message) : error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
