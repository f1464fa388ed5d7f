import { setTimeout as sleep } from "node:timers/promises";
import { findRegion, listRegions, nameProblem, regionMemoryBytes } from "../region";
import { services } from "../services";
import { ensureToolchain } from "../toolchain";
import type { Toolchain } from "../toolchain";
import type { Command, CommandContext } from "./command";
import { readDeployment } from "./deployment";
import type { Deployment } from "./deployment";
import { UserError } from "./errors";
import { kubectlOutput, platformSelector } from "./kube";
import { parse } from "./options";
import { askedRoutes, plannedRoutes, renderPlanned } from "./planned";
import { workloadKinds, parseWorkloads, renderSummary } from "./summary";
import type { Summary } from "./summary";

const help = `usage: npm run status -- [--name NAME]

Shows the services of a region, how many replicas are ready, the entry address, and which published routes are not
built yet (they answer 501), with how often each service was asked for one in the last hour. Ends with exit code 1 when a
replica is missing.

  --name NAME   the region (default: local)
`;

/** The deployment of a region that is up, or an error that names those that are. */
export async function requireDeployment(region: string): Promise<Deployment> {
  const problem = nameProblem(region);
  if (problem !== undefined) throw new UserError(problem);
  const deployment = await readDeployment(region);
  const runs = deployment?.kind === "external" || (await findRegion(region)) !== undefined;
  if (deployment !== undefined && runs) return deployment;
  const others = (await listRegions()).map((handle) => handle.name).filter((name) => name !== region);
  throw new UserError(
    `region '${region}' is not up: run \`npm run up\`${others.length === 0 ? "" : `, or choose with --name: ${others.join(", ")}`}`,
  );
}

/** kubectl is part of every region of our own; on a cluster of the user's it may be built for the first time here. */
export function kubectlTools(deployment: Pick<Deployment, "kind">, signal: AbortSignal): Promise<Toolchain> {
  return ensureToolchain(deployment.kind === "node" ? "node" : "simulated", { signal });
}

interface ServiceList {
  readonly items: readonly { readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] } } }[];
}

async function entryUrl(tools: Toolchain, kubeconfig: string): Promise<string | undefined> {
  const list = JSON.parse(await kubectlOutput(tools, kubeconfig, ["get", "services", "-A", "-l", platformSelector, "-o", "json"])) as ServiceList;
  const ingress = list.items.flatMap((service) => service.status?.loadBalancer?.ingress ?? [])[0];
  const host = ingress?.ip ?? ingress?.hostname;
  return host === undefined ? undefined : `http://${host}`;
}

/** Gathers what a region looks like now. */
export async function describeRegion(region: string, tools: Toolchain, headline: string, elapsedMs?: number): Promise<Summary> {
  const deployment = await requireDeployment(region);
  const workloads = parseWorkloads(
    await kubectlOutput(tools, deployment.kubeconfig, ["get", workloadKinds, "-A", "-l", platformSelector, "-o", "json"]),
  );
  return {
    region,
    kind: deployment.kind,
    headline,
    workloads,
    entryUrl: deployment.kind === "simulated" ? undefined : await entryUrl(tools, deployment.kubeconfig),
    notes: deployment.kind === "simulated" ? ["nodes are simulated: no container runs, and nothing answers at an entry address"] : [],
    memoryBytes: deployment.kind === "node" ? regionMemoryBytes(region) : undefined,
    elapsedMs,
  };
}

/** How long a region that was just deployed may take until every autoscaler has acted and every replica is ready. */
const settleTimeoutMs = 90_000;
const settlePollMs = 1_000;

/** Waits until every replica is ready, or for {@link settleTimeoutMs}; then says what there is. */
export async function settle(describe: () => Promise<Summary>, signal: AbortSignal): Promise<Summary> {
  const deadline = Date.now() + settleTimeoutMs;
  for (;;) {
    const summary = await describe();
    if (!isShort(summary) || Date.now() > deadline) return summary;
    await sleep(settlePollMs, undefined, { signal });
  }
}

/** Whether a replica is missing. */
export function isShort(summary: Summary): boolean {
  return summary.workloads.length === 0 || summary.workloads.some(({ ready, desired }) => ready < desired);
}

async function run(argv: readonly string[], { print, signal }: CommandContext): Promise<number> {
  const { values } = parse(argv, { name: { type: "string", default: "local" } });
  const deployment = await requireDeployment(values.name);
  const summary = await describeRegion(values.name, await kubectlTools(deployment, signal), deployment.update === "complete" ? "up" : "the last update did not end");
  const planned = plannedRoutes(services.map(({ contract }) => contract), await askedRoutes(summary.entryUrl));
  for (const line of [...renderSummary(summary), ...renderPlanned(planned)]) print(line);
  return isShort(summary) || deployment.update !== "complete" ? 1 : 0;
}

export const status: Command = { name: "status", summary: "services of a region, replicas ready, entry address", help, run };
