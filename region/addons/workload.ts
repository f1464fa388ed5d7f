import type { KubernetesObject } from "../kubernetes/object";

/** Namespace of all that the region runs for itself. */
export const systemNamespace = "kube-system";
/** The user that add-ons run as: nobody in particular, and not root. */
const unprivilegedUser = 65_532;

export interface AddonOptions {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  readonly args: readonly string[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number; readonly protocol: "TCP" | "UDP" }[];
  readonly probes: { readonly livenessProbe: object; readonly readinessProbe: object };
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly memoryLimit: string;
  readonly volumes: readonly ({ readonly name: string; readonly mountPath: string } & Readonly<Record<"source", object>>)[];
  readonly dnsPolicy?: "Default" | "ClusterFirst";
  /** Changing it starts the pods anew: a hash of configuration that they read only once. */
  readonly configHash: string;
}

/** A Deployment of one pod that a namespace with restricted pod security takes. */
export function addonDeployment(options: AddonOptions): KubernetesObject {
  const { name, labels } = options;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: systemNamespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      // The old pod stays until the new one is ready, even with a single one.
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels, annotations: { "agentic-flow.io/config-hash": options.configHash } },
        spec: {
          serviceAccountName: name,
          priorityClassName: "system-cluster-critical",
          dnsPolicy: options.dnsPolicy ?? "ClusterFirst",
          securityContext: { runAsNonRoot: true, runAsUser: unprivilegedUser, runAsGroup: unprivilegedUser, fsGroup: unprivilegedUser, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name,
              image: options.image,
              // Imported by the region and served by no registry.
              imagePullPolicy: "Never",
              args: options.args,
              ports: options.ports,
              ...options.probes,
              resources: { requests: options.requests, limits: { memory: options.memoryLimit } },
              securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
              volumeMounts: options.volumes.map((volume) => ({ name: volume.name, mountPath: volume.mountPath, readOnly: volume.name !== "tmp" })),
            },
          ],
          volumes: options.volumes.map(({ name: volume, source }) => ({ name: volume, ...source })),
        },
      },
    },
  };
}

export function serviceAccount(name: string): KubernetesObject {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: systemNamespace } };
}

/** The namespace with its pod security, which everything the region runs keeps to. */
export function systemNamespaceObject(): KubernetesObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name: systemNamespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } } };
}
