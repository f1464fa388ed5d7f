import { resolve } from "node:path";
import { serveProviders } from "../providers";
import { checkKubeconfig, startRegion } from "../region";
import type { RegionHandle } from "../region";
import { withLock } from "../region/lock";
import { ensureToolchain, printProgress } from "../toolchain";
import type { Mode, Toolchain } from "../toolchain";
import type { Command, CommandContext } from "./command";
import { readDeployment, writeDeployment } from "./deployment";
import type { Deployment } from "./deployment";
import { Engine, engineEnvironment } from "./engine";
import type { Changes } from "./engine";
import { UserError } from "./errors";
import { addonReferences, buildAddons, checkManifest, deliverImages, simulateImages } from "./images";
import { commandLock, parseUpOptions, waiting } from "./options";
import type { RegionKind, UpOptions } from "./options";
import { requireNodeCommands, thisMachine, whySimulated } from "./prerequisites";
import { describeRegion, isShort, kubectlTools, settle } from "./status";
import { Steps } from "./steps";
import type { Print } from "./steps";
import { renderSummary } from "./summary";

const help = `usage: npm run up -- [flags]

Stands up a region: Kubernetes, the platform and its services, and prints where to reach it. Run it again to go on
after a failure, or after a change; what is as it should be stays as it is.

  --name NAME        the region's name; several can run side by side (default: the stack's name)
  --stack STACK      which Pulumi.<stack>.yaml (default: local)
  --config-file PATH another file in the place of Pulumi.<stack>.yaml
  --simulate         simulated nodes: the same API server, no containers (chosen by itself where not root or not Linux)
  --kubeconfig PATH  a cluster of your own: starts nothing; needs --images
  --images PATH      JSON file with the reference of each image (for --kubeconfig)
  --api-port PORT    port of a simulated region's API server (default: a free one)
  --preview          show what would change, judged by the policies, and stop
  --verbose          the engine's own output
`;

/** A cluster to deploy on, and what that takes. */
interface Ground {
  readonly kubeconfig: string;
  readonly images: string;
}

/** Decides between real nodes, simulated ones and the user's own cluster. */
function chooseKind(options: UpOptions, print: Print): RegionKind {
  if (options.kubeconfig !== undefined) return "external";
  if (options.simulate) return "simulated";
  const machine = thisMachine();
  const reason = whySimulated(machine);
  if (reason !== undefined) {
    print(`Simulated nodes are used, because ${reason}: the API server is real, no container runs.`);
    return "simulated";
  }
  requireNodeCommands(machine);
  return "node";
}

/** A region cannot change what it stands on while it stands. */
function requireSameKind(previous: Deployment | undefined, kind: RegionKind, options: UpOptions): void {
  if (previous === undefined) return;
  const problems: string[] = [];
  const wayOut = `run \`npm run down -- --name ${options.region}\` first, or choose another --name`;
  if (previous.kind !== kind) problems.push(`region '${options.region}' stands on a ${previous.kind} cluster and was asked for as ${kind}: ${wayOut}`);
  if (previous.stack !== options.stack) problems.push(`region '${options.region}' runs stack '${previous.stack}' and was asked for '${options.stack}': ${wayOut}`);
  if (kind === "external" && previous.kind === "external" && previous.kubeconfig !== options.kubeconfig) {
    problems.push(`region '${options.region}' is on the cluster of '${previous.kubeconfig}' and was asked for '${options.kubeconfig ?? ""}': ${wayOut}`);
  }
  if (problems.length > 0) throw new UserError(problems);
}

async function prepareOwnRegion(options: UpOptions, mode: "node" | "simulated", tools: Toolchain, steps: Steps, signal: AbortSignal): Promise<RegionHandle> {
  const addons = mode === "node" ? await steps.run("images of the region", (say) => buildAddons(tools, say, signal), (built) => `${built.length} ready`) : undefined;
  return steps.run(
    mode === "node" ? "Kubernetes: control plane and one node" : "Kubernetes: control plane and simulated nodes",
    (say) =>
      startRegion({
        name: options.region,
        mode,
        tools,
        signal,
        onProgress: say,
        ...(addons === undefined ? {} : { addonImages: addonReferences(addons), archives: addons }),
        ...(options.apiPort === undefined ? {} : { apiPort: options.apiPort }),
      }),
    (region) => `API server answers, entry address ${region.entryAddress}`,
  );
}

async function prepareGround(options: UpOptions, kind: RegionKind, tools: Toolchain, steps: Steps, signal: AbortSignal): Promise<Ground> {
  if (kind === "external") {
    const kubeconfig = resolve(options.kubeconfig ?? "");
    return steps.run("your cluster", async () => {
      await checkKubeconfig(kubeconfig, { signal });
      return { kubeconfig, images: await checkManifest(options.images ?? "") };
    }, () => "answers");
  }
  const region = await prepareOwnRegion(options, kind, tools, steps, signal);
  const images = await steps.run("images of the services", (say) => (kind === "node" ? deliverImages(region, tools, say, signal) : simulateImages(region)));
  return { kubeconfig: region.kubeconfigPath, images };
}

/** The engine's counts, in its own words: `12 create, 3 same`. */
function renderChanges(changes: Changes): string {
  const counts = Object.entries(changes).filter(([, count]) => count !== undefined && count > 0);
  return counts.map(([operation, count]) => `${count} ${operation}`).join(", ") || "nothing to do";
}

function isUnchanged(changes: Changes): boolean {
  return Object.entries(changes).every(([operation, count]) => operation === "same" || operation === "read" || count === 0);
}

async function deploy(options: UpOptions, ground: Ground, recover: boolean, tools: Toolchain, steps: Steps, signal: AbortSignal, record: (update: Deployment["update"]) => Promise<void>): Promise<string> {
  const providers = await serveProviders({ signal, env: engineEnvironment(options.region) });
  try {
    return await steps.run("policies and preview", async (say) => {
      const engine = await Engine.open({ ...options, ...ground, tools, debugProviders: providers.debugProviders, say, signal });
      if (recover) {
        say("the last update did not end: refreshing its state first");
        await engine.recover();
      }
      return { engine, changes: await engine.preview() };
    }, ({ changes }) => renderChanges(changes)).then(async ({ engine, changes }) => {
      if (options.previewOnly) return "preview only, nothing was changed";
      if (isUnchanged(changes)) {
        await record("complete");
        return "nothing changed";
      }
      await record("interrupted");
      const done = await steps.run("deploy", () => engine.up(), renderChanges);
      await record("complete");
      return renderChanges(done);
    });
  } finally {
    await providers.close();
  }
}

async function run(argv: readonly string[], { print, signal }: CommandContext): Promise<number> {
  const options = parseUpOptions(argv);
  const kind = chooseKind(options, print);
  return withLock(commandLock(options.region), async () => {
    const previous = await readDeployment(options.region);
    requireSameKind(previous, kind, options);
    const steps = new Steps((kind === "node" ? 6 : kind === "simulated" ? 5 : 4) - (options.previewOnly ? 1 : 0), print);
    const mode: Mode = kind === "external" ? "engine" : kind;
    const tools = await steps.run("toolchain", (say) => ensureToolchain(mode, { signal, onProgress: printProgress({ write: (text) => say(text.trimEnd()) }) }), () => "ready");
    const ground = await prepareGround(options, kind, tools, steps, signal);
    const record = (update: Deployment["update"]): Promise<void> =>
      writeDeployment({ region: options.region, stack: options.stack, kind, kubeconfig: ground.kubeconfig, update });
    await record(previous?.update ?? "complete");
    const headline = await deploy(options, ground, previous?.update === "interrupted", tools, steps, signal, record);
    if (options.previewOnly) return 0;
    const kube = await kubectlTools({ kind }, signal);
    const summary = await settle(() => describeRegion(options.region, kube, headline, steps.elapsedMs), signal);
    for (const line of renderSummary(summary)) print(line);
    if (isShort(summary)) throw new UserError(`region '${options.region}' is deployed but a replica is missing: look with \`npm run logs\` and \`npm run kubectl -- get pods -A\``);
    return 0;
  }, waiting(options.region, { print, signal }));
}

export const up: Command = { name: "up", summary: "stand up a region on this machine, or bring it up to date", help, run };
