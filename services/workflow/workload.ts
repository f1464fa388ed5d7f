import type { ServiceDeclaration } from "../kit/declaration";
import { contract } from "./contract";

/** What the workflow service takes to run. */
export const workload: ServiceDeclaration = {
  contract,
  replicas: { min: 3, max: 50 },
  resources: { cpuRequest: "100m", memoryRequest: "128Mi", memoryLimit: "256Mi" },
  targetCpuPercent: 70,
};
