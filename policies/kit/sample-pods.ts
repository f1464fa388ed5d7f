import type { ExampleProvider, ExampleResource } from "./examples";

/** Parts for the examples: objects that every rule accepts, to be spoiled in one place per example. */

export const sampleDigest = `sha256:${"0123456789abcdef".repeat(4)}`;

export const sampleNamespace = "swarm";

export const sampleProvider: ExampleProvider = {
  type: "pulumi:providers:kubernetes",
  name: "region",
  props: { kubeconfig: "apiVersion: v1" },
};

type Fields = Readonly<Record<string, unknown>>;

/** Labels of a workload's pods, by the workload's name. */
export function sampleLabels(name: string): Record<string, string> {
  return { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "swarm", "app.kubernetes.io/managed-by": "pulumi" };
}

/** The selector of a workload. */
export function sampleSelector(name: string): Record<string, unknown> {
  return { matchLabels: { "app.kubernetes.io/name": name } };
}

/** Metadata of an object, with some fields replaced. */
export function sampleMetadata(name: string, changes: Fields = {}): Record<string, unknown> {
  return { name, namespace: sampleNamespace, labels: sampleLabels(name), ...changes };
}

/** A container that every rule accepts, with some fields replaced. */
export function sampleContainer(changes: Fields = {}): Record<string, unknown> {
  return {
    name: "app",
    image: `registry.example/app@${sampleDigest}`,
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
    securityContext: {
      privileged: false,
      allowPrivilegeEscalation: false,
      runAsNonRoot: true,
      runAsUser: 10001,
      capabilities: { drop: ["ALL"] },
    },
    livenessProbe: { httpGet: { path: "/livez", port: "admin" } },
    readinessProbe: { httpGet: { path: "/readyz", port: "admin" } },
    ...changes,
  };
}

/** A pod template with that container, its pod's spec changed. */
export function sampleTemplate(podChanges: Fields = {}, name = "web"): { metadata: Record<string, unknown>; spec: Record<string, unknown> } {
  return {
    metadata: { labels: sampleLabels(name) },
    spec: {
      automountServiceAccountToken: false,
      hostNetwork: false,
      hostPID: false,
      hostIPC: false,
      containers: [sampleContainer()],
      ...podChanges,
    },
  };
}

/** A Deployment of that template. */
export function sampleDeployment(podChanges: Fields = {}, specChanges: Fields = {}): ExampleResource {
  return sampleObject("apps/v1:Deployment", "web", {
    spec: { selector: sampleSelector("web"), template: sampleTemplate(podChanges), ...specChanges },
  });
}

/**
 * An object with metadata, on the sample's provider.
 *
 * @param type Its type without the package, such as `core/v1:Service`.
 */
export function sampleObject(type: string, name: string, fields: Fields = {}): ExampleResource {
  return { type: `kubernetes:${type}`, name, provider: sampleProvider, props: { metadata: sampleMetadata(name), ...fields } };
}

/** The object as it is in a cluster, where of its `spec` the engine has applied these fields and others the rest. */
export function sampleApplied(resource: ExampleResource, spec: Fields): ExampleResource {
  const { metadata } = resource.props as { readonly metadata: Fields };
  const managedFields = [
    { manager: "pulumi-kubernetes-1a2b3c", operation: "Apply", fieldsV1: { "f:metadata": { "f:labels": {} }, "f:spec": spec } },
    { manager: "kube-controller-manager", operation: "Update", fieldsV1: { "f:status": {} } },
  ];
  return { ...resource, props: { ...resource.props, metadata: { ...metadata, managedFields } } };
}
