import type { KubernetesClient } from "../kubernetes/client";
import type { KubernetesObject } from "../kubernetes/object";
import { EventTeller } from "./events";
import type { Controller } from "./loop";

/** What the controller reads of a Service. */
export interface ServiceObject extends KubernetesObject {
  readonly spec: {
    readonly type?: string;
    readonly loadBalancerClass?: string;
    readonly ports?: readonly { readonly port: number; readonly protocol?: string }[];
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
}

/** What a Service gets: the entry address, nothing, or nothing and why. */
export interface Assignment {
  readonly service: ServiceObject;
  readonly address?: string;
  readonly problem?: string;
}

/**
 * Shares one address among all Services of type LoadBalancer, port by port.
 *
 * A Service that has the address keeps it; among the others the oldest wins. Services of another class are not touched.
 */
export function assignAddresses(services: readonly ServiceObject[], entryAddress: string, reservedPorts: readonly number[]): Assignment[] {
  const owners = new Map<string, string>(reservedPorts.map((port) => [`TCP/${port}`, "the region itself"]));
  const byAge = services
    .filter((service) => service.spec.loadBalancerClass === undefined)
    .sort((a, b) => Number(holds(b, entryAddress)) - Number(holds(a, entryAddress)) || age(a).localeCompare(age(b)) || label(a).localeCompare(label(b)));
  return byAge.map((service) => {
    if (service.spec.type !== "LoadBalancer" || service.metadata.deletionTimestamp !== undefined) return { service };
    const ports = (service.spec.ports ?? []).map(({ port, protocol }) => `${protocol ?? "TCP"}/${port}`);
    const taken = ports.filter((port) => owners.has(port));
    if (taken.length > 0) {
      const reasons = taken.map((port) => `${port} belongs to ${owners.get(port) ?? ""}`).join(", ");
      return { service, problem: `no address: on the region's one address ${entryAddress}, ${reasons}; use another port` };
    }
    for (const port of ports) owners.set(port, `Service ${label(service)}`);
    return { service, address: entryAddress };
  });
}

/** Plays the cloud's load balancer: kube-proxy sends what arrives at the address to the Service's pods. */
export function loadBalancerController(client: KubernetesClient, entryAddress: string, reservedPorts: readonly number[]): Controller {
  const teller = new EventTeller(client, "agentic-flow-load-balancer");
  return {
    name: "load-balancer",
    watches: [{ apiVersion: "v1", kind: "Service" }],
    async reconcile(signal) {
      const { items } = await client.list<ServiceObject>("v1", "Service", signal);
      for (const { service: listed, address, problem } of assignAddresses(items, entryAddress, reservedPorts)) {
        // Items of a list carry no kind of their own.
        const service: ServiceObject = { ...listed, apiVersion: "v1", kind: "Service" };
        const ingress = address === undefined ? [] : [{ ip: address }];
        if (address === undefined ? hasAny(service) : !holds(service, address)) {
          await client.merge(service, { status: { loadBalancer: { ingress } } }, "status", signal);
        }
        if (problem === undefined) teller.forget(service);
        else await teller.warn(service, "NoAddress", problem, signal);
      }
    },
  };
}

function hasAny(service: ServiceObject): boolean {
  return (service.status?.loadBalancer?.ingress ?? []).length > 0;
}

function holds(service: ServiceObject, address: string): boolean {
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  return ingress.length === 1 && ingress[0]?.ip === address;
}

function age(service: ServiceObject): string {
  return service.metadata.creationTimestamp ?? "";
}

function label(service: ServiceObject): string {
  return `${service.metadata.namespace ?? ""}/${service.metadata.name}`;
}
