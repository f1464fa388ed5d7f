import { readFileSync } from "node:fs";
import { KubeConfig, VersionApi } from "@kubernetes/client-node";
import { RegionError, messageOf, systemCode } from "./errors";

/** How long a cluster may take to say its version. */
const answerTimeoutMs = 10_000;

/** A cluster that the user already has. */
export interface ExternalCluster {
  readonly context: string;
  readonly server: string;
  /** As the API server tells it, such as `v1.34.2`. */
  readonly version: string;
}

/**
 * Asks the cluster of a kubeconfig's current context for its version.
 *
 * Throws one `kubeconfig` error that says what is wrong: the file, its content, the connection or the credentials.
 *
 * @param timeoutMs @default 10 s
 */
export async function checkKubeconfig(path: string, options: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {}): Promise<ExternalCluster> {
  const config = load(path);
  const context = config.getCurrentContext();
  const cluster = config.getCurrentCluster();
  if (!context || config.getContextObject(context) === null) {
    throw fault(`kubeconfig ${path} has ${context ? `the current context '${context}', which it does not define` : "no current context"}: choose one with \`kubectl config use-context\``);
  }
  if (cluster === null) throw fault(`kubeconfig ${path}: the context '${context}' names a cluster that the file does not define; mend the file`);
  const server = cluster.server;
  const version = await ask(config, server, path, options);
  return { context, server, version };
}

function load(path: string): KubeConfig {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") throw fault(`kubeconfig ${path} does not exist: give the path of a kubeconfig with --kubeconfig`, error);
    throw fault(`kubeconfig ${path} cannot be read: ${messageOf(error)}`, error);
  }
  try {
    const config = new KubeConfig();
    config.loadFromString(text);
    return config;
  } catch (error) {
    throw fault(`kubeconfig ${path} is not a kubeconfig: ${messageOf(error).split("\n")[0] ?? ""}`, error);
  }
}

async function ask(config: KubeConfig, server: string, path: string, options: { readonly signal?: AbortSignal; readonly timeoutMs?: number }): Promise<string> {
  const timeoutMs = options.timeoutMs ?? answerTimeoutMs;
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), timeoutMs);
  const gaveUp = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new Error(options.signal?.aborted === true ? "aborted" : `no answer within ${timeoutMs} ms`));
    timeout.signal.addEventListener("abort", stop, { once: true });
    options.signal?.addEventListener("abort", stop, { once: true });
  });
  try {
    const { gitVersion } = await Promise.race([config.makeApiClient(VersionApi).getCode(), gaveUp]);
    return gitVersion;
  } catch (error) {
    options.signal?.throwIfAborted();
    throw fault(`kubeconfig ${path}: ${server} ${explain(error)}`, error);
  } finally {
    clearTimeout(timer);
  }
}

/** The failure in words, with its way out. */
function explain(error: unknown): string {
  const status = error instanceof Error && "code" in error && typeof error.code === "number" ? error.code : undefined;
  if (status === 401) return "refuses the credentials (401): renew them";
  if (status === 403) return "does not let this user read its version (403): use a user with rights on the cluster";
  if (status !== undefined) return `answers ${status} instead of its version: is it a Kubernetes API server?`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = systemCode(cause) ?? systemCode(error);
  if (code === "ECONNREFUSED") return "refuses the connection: is the cluster running?";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "has a name that cannot be found: check the server's address and your network";
  return `does not answer: ${messageOf(cause)}`;
}

function fault(message: string, cause?: unknown): RegionError {
  return new RegionError("kubeconfig", message, { cause });
}
