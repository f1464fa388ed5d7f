import type { KubernetesObject } from "../kubernetes/object";

const group = "rbac.authorization.k8s.io";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const read = ["get", "list", "watch"];

/** A ClusterRole; its name is prefixed so that it stands apart from what users deploy. */
export function clusterRole(name: string, rules: readonly Rule[], labels?: Readonly<Record<string, string>>): KubernetesObject {
  return { apiVersion: `${group}/v1`, kind: "ClusterRole", metadata: { name, labels }, rules };
}

export function bindUser(name: string, role: string, user: string): KubernetesObject {
  return binding(name, role, { kind: "User", apiGroup: group, name: user });
}

export function bindServiceAccount(name: string, role: string, account: string): KubernetesObject {
  return binding(name, role, { kind: "ServiceAccount", namespace: "kube-system", name: account });
}

function binding(name: string, role: string, subject: object): KubernetesObject {
  return { apiVersion: `${group}/v1`, kind: "ClusterRoleBinding", metadata: { name }, roleRef: { apiGroup: group, kind: "ClusterRole", name: role }, subjects: [subject] };
}

/** Lets the API server reach kubelets for logs, exec and metrics. */
export function kubeletClientRights(): KubernetesObject[] {
  return [bindUser("agentic-flow:apiserver-kubelet-client", "system:kubelet-api-admin", "agentic-flow:apiserver-kubelet-client")];
}

/** What kube-router needs to turn policies into rules. */
export function kubeRouterRights(): KubernetesObject[] {
  const name = "agentic-flow:kube-router";
  return [
    clusterRole(name, [
      { apiGroups: [""], resources: ["namespaces", "pods", "services", "nodes", "endpoints"], verbs: read },
      { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: read },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
    ]),
    bindUser(name, name, name),
  ];
}

/** What kwok needs to play kubelet. */
export function kwokRights(): KubernetesObject[] {
  const name = "agentic-flow:kwok";
  return [
    clusterRole(name, [
      { apiGroups: [""], resources: ["nodes"], verbs: read },
      { apiGroups: [""], resources: ["nodes/status", "pods/status"], verbs: ["patch", "update"] },
      { apiGroups: [""], resources: ["pods"], verbs: [...read, "delete", "patch", "update"] },
      { apiGroups: [""], resources: ["events"], verbs: ["create", "patch", "update"] },
      { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: [...read, "create", "patch", "update"] },
    ]),
    bindUser(name, name, name),
  ];
}
