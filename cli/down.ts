import { serveProviders } from "../providers";
import { nameProblem, stopRegion } from "../region";
import { withLock } from "../region/lock";
import { ensureToolchain } from "../toolchain";
import type { Command, CommandContext } from "./command";
import { readDeployment, regionDirectory, removeDeployment } from "./deployment";
import type { Deployment } from "./deployment";
import { Engine, engineEnvironment } from "./engine";
import { UserError } from "./errors";
import { commandLock, parse, projectDirectory, waiting } from "./options";
import { formatDuration } from "./steps";

const help = `usage: npm run down -- [--name NAME]

Takes a region down and removes every trace of it but the cache: a region of ours with all its processes, mounts,
interfaces and files; on a cluster of your own, the resources that \`up\` made. Works after a killed \`up\` as well.

  --name NAME   the region (default: local)
`;

/** The cluster outlives the region, so each resource is deleted by the engine that made it. */
async function destroy(deployment: Deployment, { print, signal }: CommandContext): Promise<void> {
  const tools = await ensureToolchain("engine", { signal });
  const providers = await serveProviders({ signal, env: engineEnvironment(deployment.region) });
  try {
    const engine = await Engine.open({
      ...deployment,
      configFile: `${projectDirectory}/Pulumi.${deployment.stack}.yaml`,
      images: `${regionDirectory(deployment.region)}/images.json`,
      tools,
      debugProviders: providers.debugProviders,
      say: print,
      verbose: false,
      signal,
    });
    await engine.destroy();
  } finally {
    await providers.close();
  }
}

async function run(argv: readonly string[], context: CommandContext): Promise<number> {
  const { values } = parse(argv, { name: { type: "string", default: "local" } });
  const problem = nameProblem(values.name);
  if (problem !== undefined) throw new UserError(problem);
  const startedAt = Date.now();
  return withLock(commandLock(values.name), async () => {
    const deployment = await readDeployment(values.name);
    if (deployment?.kind === "external") {
      await destroy(deployment, context);
      await removeDeployment(values.name);
    } else {
      const { stopped } = await stopRegion({ name: values.name, onProgress: context.print });
      if (!stopped) {
        context.print(`Region ${values.name} was not up; nothing is left of it.`);
        return 0;
      }
    }
    context.print(`Region ${values.name} is down (${formatDuration(Date.now() - startedAt)}).`);
    return 0;
  }, waiting(values.name, context));
}

export const down: Command = { name: "down", summary: "take a region down, without a trace", help, run };
