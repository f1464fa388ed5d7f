import { mkdir, readdir } from "node:fs/promises";
import { resolve } from "node:path";
import { withLock } from "../region/lock";
import { clusterOf } from "./backups/cluster";
import { backUp } from "./backups/run";
import type { Command, CommandContext } from "./command";
import { UserError, usageExitCode } from "./errors";
import { commandLock, parse, waiting } from "./options";
import { kubectlTools, requireDeployment } from "./status";

const help = `usage: npm run backup -- --out DIR [--name NAME]

Saves what the data stores of a region hold (etcd, PostgreSQL, Redis, Restate) into a folder, with a manifest that tells
sizes, digests and versions. Each store is saved as of one moment, the stores one after the other. Restate is stopped
while its volume is copied; all else goes on.

  --out DIR     a folder that is not there yet, or is empty
  --name NAME   the region (default: local)
`;

async function run(argv: readonly string[], context: CommandContext): Promise<number> {
  const { values } = parse(argv, { name: { type: "string", default: "local" }, out: { type: "string" } });
  if (values.out === undefined) throw new UserError("--out is not given: name the folder that the backup is to be in", { exitCode: usageExitCode });
  const directory = resolve(values.out);
  const deployment = await requireDeployment(values.name);
  if (deployment.kind === "simulated") throw new UserError(`region '${values.name}' has simulated nodes: no store runs there`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if ((await readdir(directory)).length > 0) throw new UserError(`--out is '${values.out}', which is not empty: name a new folder`);
  const tools = await kubectlTools(deployment, context.signal);
  await withLock(commandLock(values.name), () => backUp(clusterOf(tools, deployment.kubeconfig, context.signal), values.name, directory, context.print), waiting(values.name, context));
  context.print(`The backup is complete: ${directory}. It holds secrets; keep it where nobody else reads it.`);
  return 0;
}

export const backup: Command = { name: "backup", summary: "save what a region's data stores hold", help, run };
