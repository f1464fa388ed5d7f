import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { rollouts } from "./manifests";
import type { Manifest } from "./manifests";

const run = promisify(execFile);

/** The longest that one kubectl command may take. */
const timeoutMs = 300_000;
const outputLimitBytes = 64 * 1024 * 1024;

/** How long the same objects took without an engine. */
export interface KubectlRun {
  /** `kubectl apply --server-side`, namespaces first. */
  readonly applyMs: number;
  /** Until every Deployment and StatefulSet had all its replicas ready, and every LoadBalancer its address. */
  readonly readyMs: number;
}

/** kubectl on one cluster. */
export class Kubectl {
  readonly #path: string;
  readonly #kubeconfig: string;
  readonly #directory: string;
  readonly #signal: AbortSignal;

  /** @param directory Folder for its files and its cache. */
  constructor(path: string, kubeconfig: string, directory: string, signal: AbortSignal) {
    this.#path = path;
    this.#kubeconfig = kubeconfig;
    this.#directory = directory;
    this.#signal = signal;
  }

  async #run(...args: readonly string[]): Promise<string> {
    const options = { env: { ...process.env, KUBECONFIG: this.#kubeconfig }, maxBuffer: outputLimitBytes, timeout: timeoutMs, signal: this.#signal };
    const { stdout } = await run(this.#path, [...args, `--cache-dir=${join(this.#directory, "kubectl-cache")}`], options);
    return stdout;
  }

  async #write(name: string, items: readonly Manifest[]): Promise<string> {
    const path = join(this.#directory, name);
    await writeFile(path, JSON.stringify({ apiVersion: "v1", kind: "List", items }), { mode: 0o600 });
    return path;
  }

  /** Applies the objects and waits for what the engine waits for as well. */
  async apply(namespaces: readonly Manifest[], objects: readonly Manifest[]): Promise<KubectlRun> {
    const files = [await this.#write("namespaces.json", namespaces), await this.#write("objects.json", objects)];
    const startedAt = performance.now();
    for (const file of files) await this.#run("apply", "--server-side", "--field-manager=bench", "-f", file);
    const applyMs = performance.now() - startedAt;
    const waits = rollouts(objects).map(({ namespace, name }) => this.#run("rollout", "status", name, "--namespace", namespace));
    const balanced = objects.filter(({ kind, spec }) => kind === "Service" && (spec as { type?: string } | undefined)?.type === "LoadBalancer");
    const addresses = balanced.map(({ metadata }) =>
      this.#run("wait", `service/${metadata.name}`, "--namespace", metadata.namespace ?? "default", "--for=jsonpath={.status.loadBalancer.ingress}", `--timeout=${timeoutMs}ms`),
    );
    await Promise.all([...waits, ...addresses]);
    return { applyMs, readyMs: performance.now() - startedAt };
  }

  /** Deletes the objects and waits until they are gone. */
  async remove(namespaces: readonly Manifest[], objects: readonly Manifest[]): Promise<void> {
    const outside = objects.filter(({ metadata }) => metadata.namespace === undefined);
    const file = await this.#write("removed.json", [...namespaces, ...outside]);
    await this.#run("delete", "-f", file, "--ignore-not-found", "--wait");
  }
}
