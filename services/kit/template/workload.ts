import type { ServiceDeclaration } from "../declaration";
import { contract } from "./contract";

/** What the template-service takes to run. */
export const workload: ServiceDeclaration = {
  contract,
  replicas: { min: 3, max: 50 },
  resources: { cpuRequest: "50m", memoryRequest: "96Mi", memoryLimit: "192Mi" },
  targetCpuPercent: 70,
};
