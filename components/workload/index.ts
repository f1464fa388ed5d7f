export type { Destination, EnvValue, FileMount, HttpProbe, PreStop, Replicas, ServiceWorkloadArgs, Storage, StoreClient, WorkloadPort } from "./args";
export { podsServiceName, ServiceWorkload } from "./service-workload";
