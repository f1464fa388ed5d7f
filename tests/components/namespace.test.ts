import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { register } from "../support/mocks";
import { SURROUNDINGS, surroundings } from "../support/surroundings";

const LABELS = {
  "app.kubernetes.io/part-of": "agentic-flow",
  "app.kubernetes.io/managed-by": "pulumi",
  "agentic-flow.io/region": "local",
};

describe("PlatformNamespace", () => {
  it("admits restricted pods only", async () => {
    const { mocks } = await register(SURROUNDINGS, () => surroundings());
    assert.deepEqual(mocks.only("kubernetes:core/v1:Namespace", "platform").inputs["metadata"], {
      name: "agentic-flow",
      labels: {
        ...LABELS,
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
      },
    });
  });

  it("bounds what its pods use together, and what a container that says nothing uses", async () => {
    const { mocks } = await register(SURROUNDINGS, () => surroundings());
    assert.deepEqual(mocks.only("kubernetes:core/v1:ResourceQuota", "platform-quota").inputs["spec"], {
      hard: {
        "requests.cpu": "4",
        "requests.memory": "4Gi",
        "limits.memory": "16Gi",
        pods: "60",
        persistentvolumeclaims: "10",
        "requests.storage": "20Gi",
        "services.loadbalancers": "1",
      },
    });
    assert.deepEqual(mocks.only("kubernetes:core/v1:LimitRange", "platform-limits").inputs["spec"], {
      limits: [{ type: "Container", defaultRequest: { cpu: "100m", memory: "128Mi" }, default: { memory: "256Mi" } }],
    });
  });

  it("denies all traffic but name resolution", async () => {
    const { mocks } = await register(SURROUNDINGS, () => surroundings());
    assert.deepEqual(mocks.only("kubernetes:networking.k8s.io/v1:NetworkPolicy", "platform-default-deny").inputs["spec"], {
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
    });
    assert.deepEqual(mocks.only("kubernetes:networking.k8s.io/v1:NetworkPolicy", "platform-allow-dns").inputs["spec"], {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [
        {
          to: [
            {
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
              podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
            },
          ],
          ports: [
            { protocol: "UDP", port: 53 },
            { protocol: "TCP", port: 53 },
            { protocol: "UDP", port: "dns" },
            { protocol: "TCP", port: "dns-tcp" },
          ],
        },
      ],
    });
  });
});
