import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { repository } from "./cli";

interface StackFile {
  readonly config: Record<string, unknown>;
}

/** The local stack's file with one value edited: the most replicas the agent service may have, one more than before. */
export function withMoreAgents(): string {
  const stack = parse(readFileSync(join(repository, "Pulumi.local.yaml"), "utf8")) as StackFile;
  const services = stack.config["agentic-flow:services"] as { agent: { maxReplicas: number } };
  services.agent.maxReplicas += 1;
  return stringify(stack);
}
