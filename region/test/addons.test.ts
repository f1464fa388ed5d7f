import assert from "node:assert/strict";
import { coredns } from "../addons/coredns";
import { metricsApi, metricsServer } from "../addons/metrics-server";
import { lateObjects, regionObjects } from "../addons/objects";
import { storageClass } from "../addons/storage-class";
import { Layout } from "../directory";
import type { KubernetesObject } from "../kubernetes/object";
import { objectPath } from "../kubernetes/object";
import { ensurePki } from "../pki/region-pki";
import { nodeSettings, simulatedSettings, withFolder } from "./support/region";

interface Container {
  image: string;
  args: string[];
  imagePullPolicy: string;
  securityContext: { allowPrivilegeEscalation: boolean; readOnlyRootFilesystem: boolean; capabilities: { drop: string[] } };
  resources: { requests: object; limits: { memory: string } };
}

function podOf(objects: readonly KubernetesObject[]): { securityContext: { runAsNonRoot: boolean; seccompProfile: { type: string } }; containers: Container[] } {
  const deployment = objects.find(({ kind }) => kind === "Deployment") as unknown as { spec: { template: { spec: ReturnType<typeof podOf> } } };
  return deployment.spec.template.spec;
}

describe("add-ons", () => {
  const pair = { certificate: "CERT", key: "KEY" };
  for (const [name, objects] of Object.entries({ coredns: coredns("repository/x@sha256:2"), metricsServer: metricsServer("repository/x@sha256:2", pair) })) {
    it(`${name} keeps to restricted pod security and to the image it was given`, () => {
      const pod = podOf(objects);
      assert.equal(pod.securityContext.runAsNonRoot, true);
      assert.deepEqual(pod.securityContext.seccompProfile, { type: "RuntimeDefault" });
      assert.equal(pod.containers.length, 1);
      const [container] = pod.containers;
      assert.equal(container?.image, "repository/x@sha256:2");
      assert.equal(container?.imagePullPolicy, "Never");
      assert.deepEqual(container?.securityContext, { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } });
      assert.match(container?.resources.limits.memory ?? "", /^\d+Mi$/);
    });
  }

  it("coredns answers at the address that kubelets tell pods, and asks Kubernetes before it says that a name does not exist", () => {
    const objects = coredns("x@sha256:2");
    const service = objects.find(({ kind }) => kind === "Service") as unknown as { metadata: { name: string }; spec: { clusterIP: string; ports: { port: number; targetPort: number; protocol: string }[] } };
    assert.equal(service.metadata.name, "kube-dns");
    assert.equal(service.spec.clusterIP, "10.96.0.10");
    assert.deepEqual(service.spec.ports.map(({ port, targetPort, protocol }) => [port, targetPort, protocol]), [[53, 1053, "UDP"], [53, 1053, "TCP"]]);
    const { data } = objects.find(({ kind }) => kind === "ConfigMap") as unknown as { data: { Corefile: string } };
    const [own, rest] = data.Corefile.split(/^\.:1053/m);
    assert.match(own ?? "", /kubernetes cluster\.local/);
    assert.doesNotMatch(own ?? "", /template/);
    assert.match(rest ?? "", /NXDOMAIN/);
  });

  it("metrics-server trusts kubelets by the cluster's authority and scrapes no faster than kubelet measures", () => {
    const args = podOf(metricsServer("x@sha256:2", pair)).containers[0]?.args ?? [];
    assert.ok(args.includes("--kubelet-certificate-authority=/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"));
    assert.ok(!args.some((arg) => arg.includes("insecure")));
    const resolution = Number(/^--metric-resolution=(\d+)s$/.exec(args.find((arg) => arg.startsWith("--metric-resolution")) ?? "")?.[1]);
    assert.ok(resolution > 10, `resolution is ${resolution} s`);
  });

  it("the metrics API is announced with the authority of its certificate, once its server is available", () => {
    const { afterDeployment, object } = metricsApi("CA");
    assert.deepEqual(afterDeployment, { namespace: "kube-system", name: "metrics-server" });
    assert.equal((object["spec"] as { caBundle: string }).caBundle, Buffer.from("CA").toString("base64"));
  });

  it("the default storage class waits for the first pod and deletes what is released", () => {
    const object = storageClass();
    assert.deepEqual([object["provisioner"], object["reclaimPolicy"], object["volumeBindingMode"]], ["agentic-flow.io/local-volume", "Delete", "WaitForFirstConsumer"]);
    assert.equal(object.metadata.annotations?.["storageclass.kubernetes.io/is-default-class"], "true");
  });

  it("are all of kinds that the region can apply, and pods only where there are containers", () => withFolder(async (folder) => {
    const here = new Layout(folder);
    await ensurePki(here, nodeSettings());
    const onNode = regionObjects(nodeSettings(), here);
    const simulated = regionObjects(simulatedSettings(), here);
    for (const object of [...onNode, ...simulated]) assert.match(objectPath(object), /^\/api/);
    assert.deepEqual(onNode.filter(({ kind }) => kind === "Deployment").map(({ metadata }) => metadata.name), ["coredns", "metrics-server"]);
    assert.deepEqual(simulated.filter(({ kind }) => kind === "Deployment"), []);
    assert.deepEqual(simulated.filter(({ kind }) => kind === "Node").map(({ metadata }) => metadata.labels?.["topology.kubernetes.io/zone"]), ["demo-a", "demo-b", "demo-c"]);
    assert.equal(lateObjects(nodeSettings(), here).length, 1);
    assert.equal(lateObjects(simulatedSettings(), here).length, 0);
  }));
});
