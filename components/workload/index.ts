export type { Destination, EnvValue, FileMount, HttpProbe, PreStop, Replicas, ServiceWorkloadArgs, Storage, WorkloadPort } from "./args";
export { podsServiceName, ServiceWorkload } from "./service-workload";
