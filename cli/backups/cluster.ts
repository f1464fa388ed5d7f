import { spawn } from "node:child_process";
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { PLATFORM_NAMESPACE } from "../../config/naming";
import type { Toolchain } from "../../toolchain";

/** Where an execution's input comes from and its output goes: files of this machine, by path, or text. */
export interface Streams {
  readonly fromFile?: string;
  readonly fromText?: string;
  readonly toFile?: string;
}

/** The part of a region's cluster that backups use. */
export interface Cluster {
  /** Runs kubectl in the platform's namespace and returns what it prints. */
  kubectl(args: readonly string[], streams?: Streams): Promise<string>;
  /** The same cluster for what has to be put back, also after an interruption: each call has only a deadline of its own. */
  readonly uninterrupted: Cluster;
}

const maxErrorBytes = 8_192;
const maxOutputBytes = 16 * 1024 * 1024;
/** More than the slowest store may take to start. */
const putBackTimeoutMs = 660_000;

/** A cluster that kubectl reaches. Errors: what kubectl said when it failed; the signal's reason. */
export function clusterOf(tools: Toolchain, kubeconfig: string, signal: AbortSignal): Cluster {
  return clusterUntil(tools, kubeconfig, () => signal);
}

function clusterUntil(tools: Toolchain, kubeconfig: string, signalOf: () => AbortSignal): Cluster {
  return {
    get uninterrupted() {
      return clusterUntil(tools, kubeconfig, () => AbortSignal.timeout(putBackTimeoutMs));
    },
    async kubectl(args, streams = {}) {
      const signal = signalOf();
      signal.throwIfAborted();
      const child = spawn(tools.path("kubectl"), ["--namespace", PLATFORM_NAMESPACE, ...args], {
        env: { ...process.env, KUBECONFIG: kubeconfig },
        stdio: ["pipe", "pipe", "pipe"],
        signal,
      });
      let said = "";
      let output = "";
      child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-maxErrorBytes)));
      const ended = new Promise<number>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (code) => resolve(code ?? 1));
      });
      const written = streams.fromFile === undefined ? Promise.resolve(child.stdin.end(streams.fromText ?? "")) : pipeline(createReadStream(streams.fromFile), child.stdin);
      if (streams.toFile === undefined) {
        child.stdout.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-maxOutputBytes)));
      }
      const read = streams.toFile === undefined ? Promise.resolve() : pipeline(child.stdout, createWriteStream(streams.toFile, { mode: 0o600 }));
      // A program that ends early does not read all of its input: its exit code tells why.
      const [code] = await Promise.all([ended, read, Promise.resolve(written).catch(() => undefined)]);
      if (code !== 0) throw new Error(`kubectl ${args.slice(0, 3).join(" ")} ended with ${code}: ${said.trim()}`);
      return output;
    },
  };
}

/** Runs a program in a pod. */
export function inPod(cluster: Cluster, pod: string, command: readonly string[], streams: Streams = {}): Promise<string> {
  const interactive = streams.fromFile !== undefined || streams.fromText !== undefined;
  return cluster.kubectl(["exec", ...(interactive ? ["--stdin"] : []), pod, "--", ...command], streams);
}
