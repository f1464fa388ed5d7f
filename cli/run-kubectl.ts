import { spawn } from "node:child_process";
import type { Toolchain } from "../toolchain";

/** Runs kubectl on the user's own terminal and returns its exit code. */
export function runKubectl(tools: Toolchain, kubeconfig: string, args: readonly string[], signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(tools.path("kubectl"), [...args], { stdio: "inherit", env: { ...process.env, KUBECONFIG: kubeconfig } });
    const stop = (): void => void child.kill("SIGTERM");
    signal.addEventListener("abort", stop, { once: true });
    child.once("error", reject);
    child.once("close", (code) => {
      signal.removeEventListener("abort", stop);
      resolve(code ?? 1);
    });
  });
}
