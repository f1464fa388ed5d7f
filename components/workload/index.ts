export type { Destination, EnvValue, FileMount, PreStop, Probe, Replicas, ServiceWorkloadArgs, Storage, StoreClient, WorkloadPort } from "./args";
export { podsServiceName, ServiceWorkload } from "./service-workload";
