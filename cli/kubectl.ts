import type { Command, CommandContext } from "./command";
import { UserError, usageExitCode } from "./errors";
import { runKubectl } from "./run-kubectl";
import { kubectlTools, requireDeployment } from "./status";

const help = `usage: npm run kubectl -- [--name NAME] <kubectl's own arguments>

Runs kubectl on a region. --name, where it is given, comes first (default: local).
`;

/** Splits a leading `--name NAME` from what is kubectl's own. */
export function splitRegion(argv: readonly string[]): { readonly region: string; readonly rest: readonly string[] } {
  const [first, second, ...others] = argv;
  if (first !== "--name") return { region: "local", rest: argv };
  if (second === undefined) throw new UserError("--name needs the name of a region", { exitCode: usageExitCode });
  return { region: second, rest: others };
}

async function run(argv: readonly string[], { signal }: CommandContext): Promise<number> {
  const { region, rest } = splitRegion(argv);
  const deployment = await requireDeployment(region);
  return runKubectl(await kubectlTools(deployment, signal), deployment.kubeconfig, rest, signal);
}

export const kubectl: Command = { name: "kubectl", summary: "kubectl on a region", help, passThrough: true, run };
