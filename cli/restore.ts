import { resolve } from "node:path";
import { withLock } from "../region/lock";
import { clusterOf } from "./backups/cluster";
import { restoreAll } from "./backups/run";
import type { Command, CommandContext } from "./command";
import { UserError, usageExitCode } from "./errors";
import { commandLock, parse, waiting } from "./options";
import { kubectlTools, requireDeployment } from "./status";

const help = `usage: npm run restore -- --from DIR --yes [--name NAME]

Replaces what the data stores of a region hold by what a backup holds. Services are paused meanwhile. Everything is
checked first; when something does not fit, all of it is said and nothing is changed. After an interruption run it again.

  --from DIR    the folder of a backup
  --yes         what the stores hold now may be lost
  --name NAME   the region (default: local)
`;

async function run(argv: readonly string[], context: CommandContext): Promise<number> {
  const { values } = parse(argv, { name: { type: "string", default: "local" }, from: { type: "string" }, yes: { type: "boolean", default: false } });
  const problems = [
    ...(values.from === undefined ? ["--from is not given: name the folder of a backup"] : []),
    ...(values.yes ? [] : ["--yes is not given: a restore replaces what the stores hold now, and that is lost"]),
  ];
  if (problems.length > 0 || values.from === undefined) throw new UserError(problems, { exitCode: usageExitCode });
  const from = resolve(values.from);
  const deployment = await requireDeployment(values.name);
  if (deployment.kind === "simulated") throw new UserError(`region '${values.name}' has simulated nodes: no store runs there`);
  const tools = await kubectlTools(deployment, context.signal);
  await withLock(commandLock(values.name), () => restoreAll(clusterOf(tools, deployment.kubeconfig, context.signal), from, context.print), waiting(values.name, context));
  return 0;
}

export const restore: Command = { name: "restore", summary: "bring back what a backup holds", help, run };
