import { createHash } from "node:crypto";
import type { KubernetesObject } from "../kubernetes/object";
import { clusterDomain, dnsServiceAddress } from "../network/addresses";
import { bindServiceAccount, clusterRole } from "./rbac";
import { addonDeployment, serviceAccount, systemNamespace } from "./workload";

const name = "coredns";
const role = "system:coredns";
/** The Service answers on 53; the pod is not root, so its own port is above 1023. */
const dnsPort = 1053;
const healthPort = 8080;
const readyPort = 8181;
/** What dashboards and other charts look for. */
const labels = { "k8s-app": "kube-dns" };

/**
 * Names of the region; all others do not exist here: the region has no way out, and a quick answer beats a timeout.
 * Two blocks, because in one CoreDNS would ask `template` before `kubernetes` whatever their order.
 */
const corefile = `${clusterDomain}:${dnsPort} in-addr.arpa:${dnsPort} ip6.arpa:${dnsPort} {
    errors
    health :${healthPort}
    ready :${readyPort}
    kubernetes ${clusterDomain} in-addr.arpa ip6.arpa {
        pods verified
        ttl 5
    }
    cache 5
    reload
}
.:${dnsPort} {
    errors
    template ANY ANY {
        rcode NXDOMAIN
    }
}
`;

/** Cluster DNS. */
export function coredns(image: string): KubernetesObject[] {
  const ports = [
    { name: "dns", containerPort: dnsPort, protocol: "UDP" as const },
    { name: "dns-tcp", containerPort: dnsPort, protocol: "TCP" as const },
  ];
  return [
    serviceAccount(name),
    clusterRole(role, [
      { apiGroups: [""], resources: ["endpoints", "services", "pods", "namespaces"], verbs: ["list", "watch"] },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
    ]),
    bindServiceAccount(role, role, name),
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: systemNamespace }, data: { Corefile: corefile } },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "kube-dns", namespace: systemNamespace, labels: { ...labels, "kubernetes.io/name": "CoreDNS" } },
      spec: {
        clusterIP: dnsServiceAddress,
        selector: labels,
        ports: ports.map((port) => ({ name: port.name, port: 53, protocol: port.protocol, targetPort: dnsPort })),
      },
    },
    addonDeployment({
      name,
      labels,
      image,
      args: ["-conf", "/etc/coredns/Corefile"],
      ports,
      probes: {
        livenessProbe: { httpGet: { path: "/health", port: healthPort }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 5 },
        readinessProbe: { httpGet: { path: "/ready", port: readyPort }, periodSeconds: 1, timeoutSeconds: 2 },
      },
      requests: { cpu: "50m", memory: "64Mi" },
      memoryLimit: "170Mi",
      volumes: [{ name: "config", mountPath: "/etc/coredns", source: { configMap: { name } } }],
      // Its own resolver would be itself.
      dnsPolicy: "Default",
      configHash: createHash("sha256").update(corefile).digest("hex"),
    }),
  ];
}
