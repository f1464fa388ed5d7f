import { createHash } from "node:crypto";
import type { KubernetesObject, LateObject } from "../kubernetes/object";
import type { KeyPair } from "../pki/certificate";
import { bindServiceAccount, clusterRole } from "./rbac";
import { addonDeployment, serviceAccount, systemNamespace } from "./workload";

const name = "metrics-server";
const role = "system:metrics-server";
const labels = { "k8s-app": name };
const port = 10_250;
const tlsSecret = "metrics-server-tls";
const tlsFolder = "/etc/tls";
/** Longer than kubelet's own 10 s, or a scrape could find the figures of the one before. */
const resolutionSeconds = 15;

/**
 * CPU and memory of pods and nodes for autoscalers and `kubectl top`.
 *
 * @param serving certificate of `metrics-server.kube-system.svc`
 */
export function metricsServer(image: string, serving: KeyPair): KubernetesObject[] {
  return [
    serviceAccount(name),
    clusterRole(role, [
      { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
      { apiGroups: [""], resources: ["pods", "nodes"], verbs: ["get", "list", "watch"] },
    ]),
    clusterRole(
      "system:aggregated-metrics-reader",
      [{ apiGroups: ["metrics.k8s.io"], resources: ["pods", "nodes"], verbs: ["get", "list", "watch"] }],
      Object.fromEntries(["admin", "edit", "view"].map((to) => [`rbac.authorization.k8s.io/aggregate-to-${to}`, "true"])),
    ),
    bindServiceAccount(role, role, name),
    bindServiceAccount("metrics-server:system:auth-delegator", "system:auth-delegator", name),
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "metrics-server-auth-reader", namespace: systemNamespace },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "extension-apiserver-authentication-reader" },
      subjects: [{ kind: "ServiceAccount", name, namespace: systemNamespace }],
    },
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: tlsSecret, namespace: systemNamespace },
      type: "kubernetes.io/tls",
      data: { "tls.crt": base64(serving.certificate), "tls.key": base64(serving.key) },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: systemNamespace, labels },
      spec: { selector: labels, ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: port }] },
    },
    addonDeployment({
      name,
      labels,
      image,
      args: [
        `--secure-port=${port}`,
        `--tls-cert-file=${tlsFolder}/tls.crt`,
        `--tls-private-key-file=${tlsFolder}/tls.key`,
        "--kubelet-preferred-address-types=InternalIP",
        "--kubelet-certificate-authority=/var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
        `--metric-resolution=${resolutionSeconds}s`,
      ],
      ports: [{ name: "https", containerPort: port, protocol: "TCP" }],
      probes: {
        livenessProbe: { httpGet: { path: "/livez", port: "https", scheme: "HTTPS" }, periodSeconds: 10 },
        readinessProbe: { httpGet: { path: "/readyz", port: "https", scheme: "HTTPS" }, periodSeconds: 2 },
      },
      requests: { cpu: "50m", memory: "64Mi" },
      memoryLimit: "256Mi",
      volumes: [
        { name: "tls", mountPath: tlsFolder, source: { secret: { secretName: tlsSecret } } },
        { name: "tmp", mountPath: "/tmp", source: { emptyDir: {} } },
      ],
      configHash: createHash("sha256").update(serving.certificate).digest("hex"),
    }),
  ];
}

/**
 * Announces the metrics API. For when metrics-server is available only: an API that is announced and not served
 * disturbs every client's discovery and the deletion of namespaces.
 *
 * @param authority PEM of the authority that signed the serving certificate
 */
export function metricsApi(authority: string): LateObject {
  return {
    afterDeployment: { namespace: systemNamespace, name },
    object: {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1beta1.metrics.k8s.io", labels },
      spec: {
        group: "metrics.k8s.io",
        version: "v1beta1",
        groupPriorityMinimum: 100,
        versionPriority: 100,
        service: { name, namespace: systemNamespace, port: 443 },
        caBundle: base64(authority),
      },
    },
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
