import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation";
import type { EngineEvent, OpMap, OutputMap, Stack } from "@pulumi/pulumi/automation";
import { parse, stringify } from "yaml";
import type { Toolchain } from "../toolchain";
import { regionDirectory } from "./deployment";
import { UserError } from "./errors";
import { projectDirectory } from "./options";
import { programCache } from "./program-cache";
import type { Print } from "./steps";

/** What an engine run is told about the machine it runs on. */
export interface EngineOptions {
  readonly region: string;
  readonly stack: string;
  /** The stack's own file, `Pulumi.<stack>.yaml`. */
  readonly configFile: string;
  readonly kubeconfig: string;
  /** JSON file: image name to reference with digest. */
  readonly images: string;
  readonly tools: Toolchain;
  /** `PULUMI_DEBUG_PROVIDERS`, where providers are served by us. */
  readonly debugProviders: string | undefined;
  readonly say: Print;
  readonly verbose: boolean;
  readonly signal: AbortSignal;
}

/** Policy packs that judge every preview and update. */
const policyPacks = ["policies/baseline"];

/** Loads the program's TypeScript; see there. */
const typescriptLoader = join(__dirname, "typescript-loader.cjs");

/** Counts of what an update did or would do: `{create: 12, same: 3}`. */
export type Changes = OpMap;

/** Where the engine of a region keeps its plugins and settings: not in the user's own home. */
function engineHome(region: string): string {
  return join(regionDirectory(region), "pulumi", "home");
}

/** This process's environment as the region's engine sees it. */
export function engineEnvironment(region: string): NodeJS.ProcessEnv {
  return { ...process.env, PULUMI_HOME: engineHome(region) };
}

/** The real Pulumi engine, driven on one region's stack. State and passphrase live in the region's folder. */
export class Engine {
  readonly #stack: Stack;
  readonly #options: EngineOptions;

  private constructor(stack: Stack, options: EngineOptions) {
    this.#stack = stack;
    this.#options = options;
  }

  static async open(options: EngineOptions): Promise<Engine> {
    const { workDir, pulumiHome, variables } = await prepareWorkspace({ ...options, directory: join(regionDirectory(options.region), "pulumi"), pulumiHome: engineHome(options.region) });
    // The Automation API looks for the CLI on this process's own PATH.
    process.env["PATH"] = [...options.tools.dirsForPath(), process.env["PATH"] ?? ""].join(":");
    const workspace = { workDir, pulumiHome, pulumiCommand: await PulumiCommand.get(), envVars: variables };
    const stack = await LocalWorkspace.createOrSelectStack({ stackName: options.stack, workDir }, workspace);
    return new Engine(stack, options);
  }

  /** Ends what a killed run left: its lock, and creations whose end nobody saw. */
  async recover(): Promise<void> {
    await this.#stack.cancel().catch(() => {
      // Nothing was locked.
    });
    await this.#guard("refresh", (watch) =>
      this.#stack.refresh({ clearPendingCreates: true, suppressProgress: true, onOutput: watch.output, onEvent: watch.event, signal: this.#options.signal }),
    );
  }

  /** What an update would change, judged by the packs; a mandatory violation stops here, before anything is created. */
  async preview(): Promise<Changes> {
    const result = await this.#guard("preview", (watch) =>
      this.#stack.preview({
        policyPacks: policyPacks.map((pack) => join(projectDirectory, pack)),
        suppressProgress: true,
        onOutput: watch.output,
        onEvent: watch.event,
        signal: this.#options.signal,
      }),
    );
    return result.changeSummary;
  }

  /** Makes it so. */
  async up(): Promise<Changes> {
    const result = await this.#guard("update", (watch) =>
      this.#stack.up({
        policyPacks: policyPacks.map((pack) => join(projectDirectory, pack)),
        suppressProgress: true,
        onOutput: watch.output,
        onEvent: watch.event,
        signal: this.#options.signal,
      }),
    );
    return (result.summary.resourceChanges ?? {});
  }

  /** Deletes every resource of the stack, and the stack. */
  async destroy(): Promise<void> {
    await this.#stack.cancel().catch(() => {
      // Nothing was locked.
    });
    await this.#guard("destroy", (watch) =>
      this.#stack.destroy({ suppressProgress: true, onOutput: watch.output, onEvent: watch.event, signal: this.#options.signal }),
    );
    await this.#stack.workspace.removeStack(this.#options.stack);
  }

  outputs(): Promise<OutputMap> {
    return this.#stack.outputs();
  }

  /** Runs one operation; its diagnostics and violations become the error's text. */
  async #guard<T>(operation: string, run: (watch: EngineWatch) => Promise<T>): Promise<T> {
    const watch = new EngineWatch(this.#options.say, this.#options.verbose);
    try {
      return await run(watch);
    } catch (error) {
      this.#options.signal.throwIfAborted();
      throw watch.failure(operation, error);
    } finally {
      watch.end();
    }
  }
}

/** Listens to one engine run: progress for people, and what went wrong. */
class EngineWatch {
  readonly #say: Print;
  readonly #verbose: boolean;
  readonly #violations: string[] = [];
  readonly #diagnostics: string[] = [];
  readonly #pending = new Map<string, string>();
  readonly #heartbeat: NodeJS.Timeout;
  #ended = 0;

  constructor(say: Print, verbose: boolean) {
    this.#say = say;
    this.#verbose = verbose;
    this.#heartbeat = setInterval(() => {
      const names = [...this.#pending.values()];
      if (names.length > 0) this.#say(`${this.#ended} resources done, waiting for ${names.slice(0, 4).join(", ")}${names.length > 4 ? " …" : ""}`);
    }, heartbeatMs);
  }

  readonly output = (text: string): void => {
    if (this.#verbose) for (const line of text.trimEnd().split("\n")) this.#say(line);
  };

  readonly event = (event: EngineEvent): void => {
    if (event.policyEvent !== undefined) {
      const { enforcementLevel, policyName, message, resourceUrn } = event.policyEvent;
      const line = `policy ${policyName} (${enforcementLevel}): ${shortName(resourceUrn ?? "")}: ${stripColours(message)}`;
      if (enforcementLevel === "mandatory") this.#violations.push(line);
      else this.#say(line);
    }
    if (event.diagnosticEvent?.severity === "error") {
      const text = stripColours(event.diagnosticEvent.message);
      if (text !== "") this.#diagnostics.push(event.diagnosticEvent.urn === undefined ? text : `${shortName(event.diagnosticEvent.urn)}: ${text}`);
    }
    const started = event.resourcePreEvent?.metadata;
    if (started !== undefined && started.op !== "same") this.#pending.set(started.urn, shortName(started.urn));
    const ended = event.resOutputsEvent?.metadata ?? event.resOpFailedEvent?.metadata;
    if (ended !== undefined) {
      this.#pending.delete(ended.urn);
      this.#ended += 1;
    }
  };

  end(): void {
    clearInterval(this.#heartbeat);
  }

  failure(operation: string, cause: unknown): Error {
    if (this.#violations.length > 0) {
      return new UserError(
        [...this.#violations.map((line) => `${line}`), `the ${operation} was stopped by ${this.#violations.length} mandatory policy violation(s); nothing was changed`],
        { cause },
      );
    }
    if (this.#diagnostics.length > 0) return new UserError(this.#diagnostics, { cause });
    return new UserError(`the ${operation} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

const heartbeatMs = 10_000;

/** `urn:pulumi:local::agentic-flow::kubernetes:apps/v1:Deployment::agent` is `Deployment agent` to a person. */
export function shortName(urn: string): string {
  const [, , type = "", name = urn] = urn.split("::");
  return `${type.split("$").at(-1)?.split(":").at(-1) ?? ""} ${name}`.trim();
}

function stripColours(text: string): string {
  return text.replace(/<\{%[^%]*%\}>/g, "").trim();
}

/** What {@link prepareWorkspace} takes of {@link EngineOptions}, and where to put it. */
export interface WorkspaceOptions extends Pick<EngineOptions, "stack" | "configFile" | "kubeconfig" | "images" | "debugProviders"> {
  /** Folder of the state, the passphrase and the project. */
  readonly directory: string;
  readonly pulumiHome: string;
  /** The program to run. @default that of Pulumi.yaml */
  readonly main?: string;
}

/** A project and the environment that the engine runs it in. */
export interface EngineWorkspace {
  readonly workDir: string;
  readonly pulumiHome: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Writes what the engine needs to run a stack, and says in which environment it is to run. */
export async function prepareWorkspace(options: WorkspaceOptions): Promise<EngineWorkspace> {
  const { directory, pulumiHome } = options;
  const workDir = join(directory, "project");
  await mkdir(join(directory, "state"), { recursive: true, mode: 0o700 });
  await mkdir(workDir, { recursive: true, mode: 0o700 });
  const passphraseFile = join(directory, "passphrase");
  if (!existsSync(passphraseFile)) await writeFile(passphraseFile, randomBytes(32).toString("base64url"), { mode: 0o600 });
  await writeProject(workDir, options);
  const cache = await programCache();
  return {
    workDir,
    pulumiHome,
    variables: {
      // Without sums beside every file: the state is written whole after every step, and its sum was a seventh of the engine's time.
      PULUMI_BACKEND_URL: `file://${join(directory, "state")}?metadata=skip`,
      PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // Without these a missing plugin would be looked for on the internet, at length.
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      AGENTIC_FLOW_TRANSPILED: cache.transpiled,
      NODE_COMPILE_CACHE: cache.compiled,
      AGENTIC_FLOW_KUBECONFIG: options.kubeconfig,
      AGENTIC_FLOW_IMAGES: options.images,
      ...(options.debugProviders === undefined ? {} : { PULUMI_DEBUG_PROVIDERS: options.debugProviders }),
    },
  };
}

/**
 * A project of the region's own that points at the program: the engine writes the salt of its secrets into the stack
 * file, and that must not change the file in the repository.
 */
async function writeProject(workDir: string, options: WorkspaceOptions): Promise<void> {
  const project = parse(await readFile(join(projectDirectory, "Pulumi.yaml"), "utf8")) as Record<string, unknown> & { readonly main?: string };
  // Without the language host's own TypeScript, which would check types or at least load the compiler at every run.
  const runtime = { name: "nodejs", options: { typescript: false, nodeargs: `--require=${JSON.stringify(typescriptLoader)}` } };
  await writeFile(join(workDir, "Pulumi.yaml"), stringify({ ...project, runtime, main: options.main ?? join(projectDirectory, project.main ?? "index.ts") }));
  const stackPath = join(workDir, `Pulumi.${options.stack}.yaml`);
  const kept = existsSync(stackPath) ? (parse(await readFile(stackPath, "utf8")) as { encryptionsalt?: string } | null) : null;
  const wanted = parse(await readFile(options.configFile, "utf8")) as Record<string, unknown> | null;
  await writeFile(stackPath, stringify({ ...wanted, ...(kept?.encryptionsalt === undefined ? {} : { encryptionsalt: kept.encryptionsalt }) }));
  await chmod(stackPath, 0o600);
}
