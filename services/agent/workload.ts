import type { ServiceDeclaration } from "../kit/declaration";
import { contract } from "./contract";

/** What the agent service needs to run. */
export const workload: ServiceDeclaration = {
  contract,
  replicas: { min: 3, max: 50 },
  resources: { cpuRequest: "100m", memoryRequest: "128Mi", memoryLimit: "256Mi" },
  targetCpuPercent: 70,
  needs: ["etcd"],
  env: ({ region, etcd }) => {
    if (etcd === undefined) {
      throw new Error("'etcd' was not provided to the agent service, which needs it; hand the etcd component's access to env()");
    }
    const { env } = contract;
    return {
      [env.etcdEndpoints.name]: etcd.endpoints.join(","),
      [env.etcdCaFile.name]: etcd.caFile,
      [env.etcdCertFile.name]: etcd.certFile,
      [env.etcdKeyFile.name]: etcd.keyFile,
      [env.port.name]: String(contract.ports.api),
      [env.adminPort.name]: String(contract.ports.admin),
      [env.region.name]: region,
    };
  },
};
