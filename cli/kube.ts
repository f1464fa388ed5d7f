import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Toolchain } from "../toolchain";

const run = promisify(execFile);

/** A list of every workload of a large region is well below this. */
const outputLimitBytes = 64 * 1024 * 1024;

/** How long one question to the API server may take. */
const questionTimeoutMs = 20_000;

/** Label of everything that the program deploys. */
export const platformSelector = "app.kubernetes.io/part-of=agentic-flow";

/** Asks the region's API server through kubectl and returns what it prints. */
export async function kubectlOutput(tools: Toolchain, kubeconfig: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(tools.path("kubectl"), [...args], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    maxBuffer: outputLimitBytes,
    timeout: questionTimeoutMs,
  });
  return stdout;
}
