import type { ServiceDeclaration } from "./kit/declaration";
import { workload as agent } from "./agent/workload";

/** Every service of a region. A new one is a folder of its own and a line here. */
export const services: readonly ServiceDeclaration[] = [agent];

/** Images that a region runs and that are not a service's own. */
export const platformImages = ["etcd", "envoy"] as const;
