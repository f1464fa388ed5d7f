/** Prefix of every label, annotation and condition that is ours. */
export const LABEL_DOMAIN = "agentic-flow.io";

/** The one namespace in which a region's services and what they stand on live. */
export const PLATFORM_NAMESPACE = "agentic-flow";

/** Longest name that is valid everywhere Kubernetes takes one as a DNS label. */
export const MAX_NAME_CHARACTERS = 63;

const DNS_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** Whether a name can be a Service, a workload and a label value at once. */
export function isDnsLabel(name: string): boolean {
  return name.length <= MAX_NAME_CHARACTERS && DNS_LABEL.test(name);
}

/** Name by which the objects of one namespace reach a Service: short enough for certificates, and it needs no cluster domain. */
export function serviceHost(service: string, namespace: string): string {
  return `${service}.${namespace}.svc`;
}
