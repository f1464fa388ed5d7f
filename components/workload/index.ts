export type { CommandProbe, Destination, EnvValue, FileMount, PodDestination, PreStop, Probe, Replicas, ServiceWorkloadArgs, Storage, StoreClient, WorkloadPort } from "./args";
export { podsServiceName, ServiceWorkload } from "./service-workload";
