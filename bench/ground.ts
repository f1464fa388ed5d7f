import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { engineEnvironment, prepareWorkspace } from "../cli/engine";
import { UserError } from "../cli/errors";
import { simulateImages, simulatedReference } from "../cli/images";
import { serveProviders } from "../providers";
import { startRegion, stopRegion } from "../region";
import { cacheRoot, ensureToolchain } from "../toolchain";
import type { Toolchain } from "../toolchain";
import { inspectTools } from "../toolchain/ensure";
import { tools as definitions } from "../toolchain/tools";
import { initStack } from "./engine-run";
import type { EngineCall } from "./engine-run";
import { Kubectl } from "./kubectl";

/** The program that is measured, and what it is given. */
export interface Subject {
  /** Unique among the stacks of one ground. */
  readonly name: string;
  /** Absolute path. */
  readonly main: string;
  readonly configFile: string;
  readonly policyPacks: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  /** Services that the tree of this program has besides those of this one. */
  readonly moreServices?: readonly string[];
}

/** The API server that everything is measured on, with simulated nodes. */
export interface Ground {
  readonly directory: string;
  readonly kubectl: Kubectl;
  /** A stack from nothing: no state, no resources. */
  open(subject: Subject): Promise<EngineCall>;
  close(): Promise<void>;
}

const stack = "local";

/** Building the engines takes minutes, and a benchmark is no place to be surprised by that. */
async function requireToolchain(signal: AbortSignal): Promise<Toolchain> {
  const wanted = definitions.filter(({ modes }) => modes.some((mode) => mode === "engine" || mode === "simulated"));
  const missing = (await inspectTools(wanted, cacheRoot(), signal)).filter(({ state }) => state === "missing").map(({ tool }) => tool.name);
  if (missing.length > 0) throw new UserError(`the toolchain lacks ${missing.join(", ")}: build it first with \`npm run toolchain -- --mode simulated\``);
  return ensureToolchain("simulated", { signal });
}

export async function openGround(region: string, signal: AbortSignal): Promise<Ground> {
  if (process.platform !== "linux") throw new UserError(`this is ${process.platform}: the benchmark reads /proc, which only Linux has`);
  const tools = await requireToolchain(signal);
  const handle = await startRegion({ name: region, mode: "simulated", tools, signal });
  const close = async (): Promise<void> => void (await stopRegion({ name: region }));
  try {
    const images = await simulateImages(handle);
    const providers = await serveProviders({ signal, env: engineEnvironment(region) });
    const directory = join(handle.directory, "bench");
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return {
      directory,
      kubectl: new Kubectl(tools.path("kubectl"), handle.kubeconfigPath, directory, signal),
      open: async (subject) => {
        const home = join(directory, subject.name);
        const workspace = await prepareWorkspace({
          directory: home,
          pulumiHome: join(directory, "home"),
          stack,
          configFile: subject.configFile,
          kubeconfig: handle.kubeconfigPath,
          images: await imagesFor(images, subject.moreServices ?? [], home),
          debugProviders: providers.debugProviders,
          main: subject.main,
        });
        const { policyPacks, variables = {} } = subject;
        const call = { workspace, stack, pulumi: tools.path("pulumi"), searchPath: tools.dirsForPath(), policyPacks, variables, signal };
        await initStack(call);
        return call;
      },
      close: async () => {
        await providers.close();
        await close();
      },
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** The manifest of simulated images with those of more services. */
async function imagesFor(manifest: string, moreServices: readonly string[], home: string): Promise<string> {
  const references = JSON.parse(await readFile(manifest, "utf8")) as Record<string, string>;
  for (const name of moreServices) references[name] = simulatedReference(name);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const path = join(home, "images.json");
  await writeFile(path, JSON.stringify(references), { mode: 0o600 });
  return path;
}
