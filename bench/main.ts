import { writeFile } from "node:fs/promises";
import { renderError, UserError } from "../cli/errors";
import { services as declarations } from "../services";
import { figuresAsJson, thisMachine } from "./figures";
import type { Figures } from "./figures";
import { openGround } from "./ground";
import { growTree } from "./grown-tree";
import { measureGrowth, measureRound } from "./measure";
import type { Growth, Round } from "./measure";
import { help, parseBenchOptions } from "./options";
import type { BenchOptions } from "./options";
import { renderReport } from "./report";

/** Exit code of a command ended by Ctrl-C, as shells have it. */
const interruptedExitCode = 130;

/** Two benchmarks at once would measure one another; the name still keeps their files apart. */
const region = `bench-${String(process.pid)}`;

async function measure({ runs, services }: BenchOptions, existing: number, signal: AbortSignal): Promise<Figures> {
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const before = thisMachine();
  const ground = await openGround(region, signal);
  try {
    const rounds: Round[] = [];
    for (let round = 1; round <= runs; round += 1) rounds.push(await measureRound(ground, round, progress));
    const growth: Growth[] = [];
    for (const count of services) {
      const tree = await growTree(count, existing, signal);
      try {
        growth.push(await measureGrowth(ground, tree, count, runs, progress));
      } finally {
        tree.remove();
      }
    }
    return { before, after: thisMachine(), rounds, growth };
  } finally {
    await ground.close();
  }
}

async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes("--help") || argv.includes("-h")) {
    process.stdout.write(help);
    return 0;
  }
  const existing = declarations.length;
  const options = parseBenchOptions(argv, existing);
  const controller = new AbortController();
  const interrupt = (): void => controller.abort(new UserError("interrupted: what was measured is not printed, and nothing is left behind", { exitCode: interruptedExitCode }));
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  const figures = await measure(options, existing, controller.signal);
  process.stdout.write(`${renderReport(figures).join("\n")}\n`);
  if (options.json !== undefined) await writeFile(options.json, `${figuresAsJson(figures)}\n`);
  return 0;
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
