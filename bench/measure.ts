import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectDirectory } from "../cli/options";
import { exportState, measureEngine } from "./engine-run";
import type { EngineCall, EngineRun } from "./engine-run";
import type { GrownTree } from "./grown-tree";
import type { Ground, Subject } from "./ground";
import type { KubectlRun } from "./kubectl";
import { manifestsOf, providerSettings } from "./manifests";
import type { ExportedState } from "./manifests";

/** One round of everything that is compared; each is measured once, one after the other. */
export interface Round {
  readonly preview: { readonly stack: EngineRun; readonly withoutPacks: EngineRun; readonly floor: EngineRun };
  readonly up: { readonly stack: EngineRun; readonly withoutAwait: EngineRun; readonly withoutCheckpoints: EngineRun; readonly floor: EngineRun };
  readonly kubectl: KubectlRun;
}

/** What a tree with more services takes. */
export interface Growth {
  readonly services: number;
  readonly up: EngineRun;
  readonly previews: readonly EngineRun[];
}

export type Progress = (line: string) => void;

const packOf = (directory: string): string => join(directory, "policies", "baseline");
const program = (file: string): string => join(__dirname, "programs", file);
const configFile = join(projectDirectory, "Pulumi.local.yaml");
const floorNamespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "bench-floor" } };

async function step<T extends EngineRun | KubectlRun>(progress: Progress, name: string, run: () => Promise<T>): Promise<T> {
  const result = await run();
  const wallMs = "wallMs" in result ? result.wallMs : result.readyMs;
  progress(`${name}: ${(wallMs / 1000).toFixed(1)} s`);
  return result;
}

async function stateOf(call: EngineCall): Promise<ExportedState> {
  return JSON.parse(await exportState(call)) as ExportedState;
}

/** Folders with states that hold secrets in clear go as soon as they are done with. */
async function forget(call: EngineCall): Promise<void> {
  await rm(join(call.workspace.workDir, ".."), { recursive: true, force: true });
}

/** The floor of a stack of this size and these provider settings. */
async function openFloor(ground: Ground, name: string, state: ExportedState, resources: number): Promise<EngineCall> {
  const settings = join(ground.directory, `${name}-provider.json`);
  await writeFile(settings, JSON.stringify(providerSettings(state)), { mode: 0o600 });
  const variables = { BENCH_PROVIDER_SETTINGS: settings, BENCH_RESOURCES: String(resources) };
  return ground.open({ name, main: program("floor.cjs"), configFile, policyPacks: [], variables });
}

/** Measures everything once, and leaves the cluster empty. */
export async function measureRound(ground: Ground, index: number, print: Progress): Promise<Round> {
  const progress: Progress = (line) => print(`round ${index}: ${line}`);
  const subject: Subject = { name: `stack-${index}`, main: join(projectDirectory, "index.ts"), configFile, policyPacks: [packOf(projectDirectory)] };

  const stack = await ground.open(subject);
  const up = await step(progress, "up", () => measureEngine(stack, "up"));
  const state = await stateOf(stack);
  const { namespaces, objects } = manifestsOf(state);

  const floor = await openFloor(ground, `floor-${index}`, state, up.resources);
  const floorUp = await step(progress, "up of the floor", () => measureEngine(floor, "up"));
  const preview = {
    floor: await step(progress, "preview of the floor", () => measureEngine(floor, "preview")),
    stack: await step(progress, "preview", () => measureEngine(stack, "preview")),
    withoutPacks: await step(progress, "preview without packs", () => measureEngine({ ...stack, policyPacks: [] }, "preview")),
  };
  await ground.kubectl.remove([floorNamespace, ...namespaces], objects);
  await forget(stack);
  await forget(floor);

  const kubectl = await step(progress, "kubectl apply until ready", () => ground.kubectl.apply(namespaces, objects));
  await ground.kubectl.remove(namespaces, objects);

  const hurried = await ground.open({ ...subject, name: `hurried-${index}`, main: program("without-await.ts") });
  const withoutAwait = await step(progress, "up without waiting", () => measureEngine(hurried, "up"));
  await ground.kubectl.remove(namespaces, objects);
  await forget(hurried);

  const careless = await ground.open({ ...subject, name: `careless-${index}`, variables: { PULUMI_SKIP_CHECKPOINTS: "true" } });
  const withoutCheckpoints = await step(progress, "up with its state written once, at the end", () => measureEngine(careless, "up"));
  await ground.kubectl.remove(namespaces, objects);
  await forget(careless);
  return { preview, up: { stack: up, withoutAwait, withoutCheckpoints, floor: floorUp }, kubectl };
}

/** Stands up a tree with more services, previews it `runs` times, and leaves the cluster empty. */
export async function measureGrowth(ground: Ground, tree: GrownTree, services: number, runs: number, print: Progress): Promise<Growth> {
  const call = await ground.open({
    name: `grown-${services}`,
    main: join(tree.directory, "index.ts"),
    configFile: tree.configFile,
    policyPacks: [packOf(tree.directory)],
    moreServices: tree.added,
  });
  const progress: Progress = (line) => print(`${services} services: ${line}`);
  const up = await step(progress, "up", () => measureEngine(call, "up"));
  const previews: EngineRun[] = [];
  for (let run = 0; run < runs; run += 1) previews.push(await step(progress, "preview", () => measureEngine(call, "preview")));
  const { namespaces, objects } = manifestsOf(await stateOf(call));
  await ground.kubectl.remove(namespaces, objects);
  await forget(call);
  return { services, up, previews };
}
