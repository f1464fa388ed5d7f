import type { ServiceDeclaration } from "../kit/declaration";
import { contract } from "./contract";

/** What the workflow service takes to run. */
export const workload: ServiceDeclaration = {
  contract,
  replicas: { min: 3, max: 50 },
  // 143 MiB idle and 248 MiB with a hundred executions at once: Restate's library keeps a state machine for each of them.
  resources: { cpuRequest: "100m", memoryRequest: "192Mi", memoryLimit: "384Mi" },
  targetCpuPercent: 70,
};
