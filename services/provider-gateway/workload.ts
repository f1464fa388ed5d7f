import type { ServiceDeclaration } from "../kit/declaration";
import { contract } from "./contract";

/** What the provider gateway takes to run. It holds whole requests and answers while models think, hence the memory. */
export const workload: ServiceDeclaration = {
  contract,
  replicas: { min: 3, max: 50 },
  resources: { cpuRequest: "100m", memoryRequest: "128Mi", memoryLimit: "512Mi" },
  targetCpuPercent: 70,
};
