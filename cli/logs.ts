import type { Command, CommandContext } from "./command";
import { UserError, usageExitCode } from "./errors";
import { kubectlOutput, platformSelector } from "./kube";
import { parse } from "./options";
import { runKubectl } from "./run-kubectl";
import { kubectlTools, requireDeployment } from "./status";
import { workloadKinds, parseWorkloads } from "./summary";

const help = `usage: npm run logs -- <service> [flags]

Shows the logs of every replica of a service.

  --name NAME    the region (default: local)
  --follow, -f   go on as lines come
  --tail N       how many lines of each replica (default: 100)
`;

const defaultTail = "100";

async function run(argv: readonly string[], { signal }: CommandContext): Promise<number> {
  const { values, positionals } = parse(
    argv,
    { name: { type: "string", default: "local" }, follow: { type: "boolean", short: "f", default: false }, tail: { type: "string", default: defaultTail } },
    true,
  );
  const [service, ...extra] = positionals;
  const problems: string[] = [];
  if (service === undefined) problems.push("name the service: npm run logs -- <service>");
  if (extra.length > 0) problems.push(`one service at a time: '${extra.join(" ")}' is too much`);
  if (!/^\d+$/.test(values.tail)) problems.push(`--tail is '${values.tail}': it must be a whole number of lines`);
  if (problems.length > 0) throw new UserError(problems, { exitCode: usageExitCode });

  const deployment = await requireDeployment(values.name);
  const tools = await kubectlTools(deployment, signal);
  const workloads = parseWorkloads(await kubectlOutput(tools, deployment.kubeconfig, ["get", workloadKinds, "-A", "-l", platformSelector, "-o", "json"]));
  const workload = workloads.find(({ name }) => name === service);
  if (workload === undefined) throw new UserError(`there is no service '${service ?? ""}' in region '${values.name}': there are ${workloads.map(({ name }) => name).join(", ") || "none"}`);
  return runKubectl(
    tools,
    deployment.kubeconfig,
    ["logs", "-n", workload.namespace, "-l", `app.kubernetes.io/name=${workload.name}`, "--all-containers", "--prefix", "--max-log-requests=50", `--tail=${values.tail}`, ...(values.follow ? ["-f"] : [])],
    signal,
  );
}

export const logs: Command = { name: "logs", summary: "logs of a service", help, run };
