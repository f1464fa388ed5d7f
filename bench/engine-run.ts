import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { EngineWorkspace } from "../cli/engine";
import type { Role } from "./process-role";
import { ticksPerSecond } from "./process-table";
import { phasesOf, Timeline } from "./timeline";
import type { Phases } from "./timeline";
import { UsageSampler } from "./usage";
import type { Usage } from "./usage";

/** One run of the engine, measured. */
export interface EngineRun {
  readonly wallMs: number;
  readonly phases: Phases;
  readonly usage: ReadonlyMap<Role, Usage>;
  /** Resources that the engine counted. */
  readonly resources: number;
}

/** What is run, and how. */
export interface EngineCall {
  readonly workspace: EngineWorkspace;
  readonly stack: string;
  /** Path of the CLI, and folders with all that it starts. */
  readonly pulumi: string;
  readonly searchPath: readonly string[];
  readonly policyPacks: readonly string[];
  /** More variables for this program. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Resolution of the phases; finer would cost the measured one its processor. */
const sampleEveryMs = 50;
/** Most that is kept of what a failing run prints, characters. */
const maxOutputCharacters = 20_000;

function environmentOf({ workspace, searchPath, variables }: EngineCall): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...workspace.variables,
    ...variables,
    PULUMI_HOME: workspace.pulumiHome,
    // The engine writes its event log only when this is set.
    PULUMI_DEBUG_COMMANDS: "true",
    PATH: [...searchPath, process.env["PATH"] ?? ""].join(":"),
  };
}

/**
 * Starts the CLI in a process group of its own, which ends with it, and gives what it printed.
 *
 * @throws Error with all that it printed when it failed; the signal's reason when it was aborted.
 */
async function pulumi(call: EngineCall, args: readonly string[], watch: (pid: number) => () => void): Promise<string> {
  call.signal.throwIfAborted();
  const child = spawn(call.pulumi, [...args, "--stack", call.stack, "--non-interactive"], {
    cwd: call.workspace.workDir,
    env: environmentOf(call),
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { pid } = child;
  const kill = (): void => {
    try {
      if (pid !== undefined) process.kill(-pid, "SIGKILL");
    } catch {
      // All of it has ended.
    }
  };
  call.signal.addEventListener("abort", kill, { once: true });
  const end = pid === undefined ? () => undefined : watch(pid);
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-maxOutputCharacters)));
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (exitCode) => {
        end();
        resolve(exitCode);
      });
    });
    call.signal.throwIfAborted();
    if (code !== 0) throw new Error(`pulumi ${args[0] ?? ""} ended with ${String(code)}:\n${output.slice(-maxOutputCharacters)}${errors}`);
    return output;
  } finally {
    call.signal.removeEventListener("abort", kill);
    kill();
  }
}

const unwatched = (): (() => void) => () => undefined;

export async function initStack(call: EngineCall): Promise<void> {
  await pulumi(call, ["stack", "init"], unwatched);
}

/** The state of the stack as JSON, its secrets in clear. */
export function exportState(call: EngineCall): Promise<string> {
  return pulumi(call, ["stack", "export", "--show-secrets"], unwatched);
}

/** Runs `preview` or `up` once and measures it. */
export async function measureEngine(call: EngineCall, operation: "preview" | "up"): Promise<EngineRun> {
  const log = join(call.workspace.workDir, "events.json");
  rmSync(log, { force: true });
  const packs = call.policyPacks.flatMap((pack) => ["--policy-pack", pack]);
  const flags = operation === "up" ? ["--yes", "--skip-preview"] : [];
  const timeline = new Timeline();
  const reader = new LogReader(log);
  const startedAt = performance.now();
  const startedTicks = bootTicks();
  let endMs = 0;
  let sampler: UsageSampler | undefined;
  await pulumi(call, [operation, ...flags, "--suppress-progress", "--event-log", log, ...packs], (pid) => {
    sampler = new UsageSampler(pid);
    const look = (): void => {
      timeline.add(reader.read(), performance.now() - startedAt);
      sampler?.sample();
    };
    const timer = setInterval(look, sampleEveryMs);
    return () => {
      endMs = performance.now() - startedAt;
      clearInterval(timer);
      look();
    };
  });
  const programTicks = sampler?.programStartTicks;
  if (sampler === undefined || programTicks === undefined) throw new Error(`the ${operation} ended before its program was seen: nothing was measured`);
  const milestones = timeline.milestones(((programTicks - startedTicks) * 1000) / ticksPerSecond, endMs);
  return { wallMs: endMs, phases: phasesOf(milestones), usage: sampler.byRole(), resources: timeline.resources };
}

/** Clock ticks since boot, as processes' starts are given. */
function bootTicks(): number {
  return Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * ticksPerSecond;
}

/** Gives what was appended to a file since the last time. */
class LogReader {
  readonly #path: string;
  readonly #buffer = Buffer.alloc(1 << 20);
  #offset = 0;

  constructor(path: string) {
    this.#path = path;
  }

  read(): string {
    if (!existsSync(this.#path)) return "";
    const file = openSync(this.#path, "r");
    let text = "";
    try {
      for (let count = -1; count !== 0; text += this.#buffer.toString("utf8", 0, count)) {
        count = readSync(file, this.#buffer, 0, this.#buffer.length, this.#offset);
        this.#offset += count;
      }
    } finally {
      closeSync(file);
    }
    return text;
  }
}
