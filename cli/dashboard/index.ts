import { spawn } from "node:child_process";
import { once } from "node:events";
import { PLATFORM_NAMESPACE } from "../../config";
import type { Command, CommandContext } from "../command";
import { UserError, usageExitCode } from "../errors";
import { kubectlOutput } from "../kube";
import { parse } from "../options";
import { describeRegion, kubectlTools, requireDeployment } from "../status";
import { parseEvents } from "./events";
import { askOverview } from "./overview";
import { serveDashboard } from "./server";
import { stateOf } from "./state";

const help = `usage: npm run dashboard -- [--name NAME] [--port PORT] [--open]

Serves one page on loopback that shows the services of a region, their health, rates, errors and latencies, agents by
state and recent events. It prints its address and serves until Ctrl-C.

  --name NAME   the region (default: local)
  --port PORT   port on loopback (default: one that is free)
  --open        opens the page in your browser
`;

async function run(argv: readonly string[], { print, signal }: CommandContext): Promise<number> {
  const { values } = parse(argv, { name: { type: "string", default: "local" }, port: { type: "string", default: "0" }, open: { type: "boolean", default: false } });
  const port = portOf(values.port);
  const deployment = await requireDeployment(values.name);
  const tools = await kubectlTools(deployment, signal);
  const state = stateOf(values.name, {
    cluster: () => describeRegion(values.name, tools, ""),
    events: async () => parseEvents(await kubectlOutput(tools, deployment.kubeconfig, ["get", "events", "-n", PLATFORM_NAMESPACE, "-o", "json"])),
    overview: askOverview,
  });
  const server = await serveDashboard(port, state);
  try {
    print(`Dashboard of region ${values.name}: ${server.url} (Ctrl-C ends it)`);
    if (values.open) open(server.url);
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    await server.close();
  }
  return 0;
}

/** @throws UserError when it is no port. */
export function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535 && (port === 0 || port >= 1_024)) return port;
  throw new UserError(`--port is '${text}': it must be a whole number from 1024 to 65535`, { exitCode: usageExitCode });
}

/** Hands the address to the desktop; a machine without one has nobody to show it to. */
function open(url: string): void {
  const child = spawn(process.platform === "darwin" ? "open" : "xdg-open", [url], { stdio: "ignore", detached: true });
  child.once("error", () => process.stderr.write(`no browser could be opened: open ${url} by hand\n`));
  child.unref();
}

export const dashboard: Command = { name: "dashboard", summary: "one page with services, health, latencies and agents", help, run };
