import type { ExampleResource } from "./examples";

/** Parts for the examples: a pod that every rule accepts, to be spoiled in one place per example. */

export const sampleDigest = `sha256:${"0123456789abcdef".repeat(4)}`;

/** A container that every rule accepts, with some fields replaced. */
export function sampleContainer(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    name: "app",
    image: `registry.example/app@${sampleDigest}`,
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
    securityContext: {
      allowPrivilegeEscalation: false,
      runAsNonRoot: true,
      runAsUser: 10001,
      capabilities: { drop: ["ALL"] },
    },
    ...changes,
  };
}

/** A pod template with that container, its pod's spec changed. */
export function sampleTemplate(changes: Readonly<Record<string, unknown>> = {}): { spec: Record<string, unknown> } {
  return { spec: { containers: [sampleContainer()], ...changes } };
}

/** A Deployment of that template. */
export function sampleDeployment(podChanges: Readonly<Record<string, unknown>> = {}): ExampleResource {
  return { type: "kubernetes:apps/v1:Deployment", name: "web", props: { spec: { template: sampleTemplate(podChanges) } } };
}
