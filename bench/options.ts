import { resolve } from "node:path";
import { UserError, usageExitCode } from "../cli/errors";
import { parse } from "../cli/options";

export const help = `usage: npm run bench -- [flags]

Measures the stack 'local' on a simulated region of its own: preview without change and \`up\` from nothing, beside the
engine's floor (as many resources of one trivial kind) and beside \`kubectl apply --server-side\` of the same manifests;
where the time and the memory go; and how both grow with the number of services.

  --runs N          repetitions of every measurement, in turn: A B C A B C (default: 3)
  --services LIST   numbers of services to grow through, such as 8,16,32; 0 leaves growth out (default: those there are,16,32)
  --json FILE       writes every single figure as well
`;

const maxRuns = 20;
const maxServices = 64;
const defaultGrowth = [16, 32];

/** What the benchmark was asked for. */
export interface BenchOptions {
  readonly runs: number;
  /** Ascending, without repetitions; empty when growth is left out. */
  readonly services: readonly number[];
  readonly json: string | undefined;
}

function wholeNumber(text: string, from: number, to: number): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= from && value <= to ? value : undefined;
}

/**
 * Reads the flags; everything that is wrong with them is listed at once.
 *
 * @param existing How many services the tree has; growth cannot begin below it.
 */
export function parseBenchOptions(argv: readonly string[], existing: number): BenchOptions {
  const { values } = parse(argv, { runs: { type: "string", default: "3" }, services: { type: "string" }, json: { type: "string" } });
  const problems: string[] = [];
  const runs = wholeNumber(values.runs, 1, maxRuns);
  if (runs === undefined) problems.push(`--runs is '${values.runs}': it must be a whole number from 1 to ${maxRuns}`);
  const services: number[] = [];
  for (const text of values.services === "0" ? [] : (values.services?.split(",") ?? [existing, ...defaultGrowth.filter((count) => count > existing)].map(String))) {
    const count = wholeNumber(text, existing, maxServices);
    if (count === undefined) problems.push(`--services has '${text}': each must be a whole number from ${existing}, the services that are there, to ${maxServices}; or 0 alone to leave growth out`);
    else services.push(count);
  }
  if (problems.length > 0) throw new UserError(problems, { exitCode: usageExitCode });
  return {
    runs: runs ?? 1,
    services: [...new Set(services)].sort((a, b) => a - b),
    json: values.json === undefined ? undefined : resolve(values.json),
  };
}
