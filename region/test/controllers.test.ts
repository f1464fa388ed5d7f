import assert from "node:assert/strict";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { assignAddresses } from "../controllers/load-balancer";
import type { ServiceObject } from "../controllers/load-balancer";
import { isDisposable, nodeForClaim, volumeController, volumeFor } from "../controllers/volumes";
import type { ClaimObject, StorageClassObject, VolumeObject } from "../controllers/volumes";
import type { KubernetesClient } from "../kubernetes/client";
import { withFolder } from "./support/region";

const entry = "10.213.0.2";

function service(name: string, options: { port?: number; created?: string; type?: string; loadBalancerClass?: string; ip?: string; protocol?: string } = {}): ServiceObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default", uid: name, creationTimestamp: options.created ?? "2026-01-01T00:00:00Z" },
    spec: { type: options.type ?? "LoadBalancer", loadBalancerClass: options.loadBalancerClass, ports: [{ port: options.port ?? 80, protocol: options.protocol }] },
    status: { loadBalancer: options.ip === undefined ? {} : { ingress: [{ ip: options.ip }] } },
  };
}

/** Service name to its address, or to the problem. */
function assigned(...services: ServiceObject[]): Record<string, string | undefined> {
  return Object.fromEntries(assignAddresses(services, entry, [6443]).map(({ service: { metadata }, address, problem }) => [metadata.name, address ?? problem]));
}

describe("load balancer", () => {
  it("gives its one address to every Service of type LoadBalancer, as long as their ports differ", () => {
    assert.deepEqual(assigned(service("a"), service("b", { port: 443 }), service("dns", { protocol: "UDP" })), { a: entry, b: entry, dns: entry });
  });

  it("lets the older of two Services have a port, and says to the other whose it is", () => {
    const result = assigned(service("young", { created: "2026-01-02T00:00:00Z" }), service("old"));
    assert.equal(result["old"], entry);
    assert.equal(result["young"], `no address: on the region's one address ${entry}, TCP/80 belongs to Service default/old; use another port`);
  });

  it("never takes an address away for an older Service that comes later", () => {
    const result = assigned(service("holder", { created: "2026-01-02T00:00:00Z", ip: entry }), service("restored"));
    assert.equal(result["holder"], entry);
    assert.match(result["restored"] ?? "", /belongs to Service default\/holder/);
  });

  it("gives nobody a port of the region itself", () => {
    assert.match(assigned(service("thief", { port: 6443 }))["thief"] ?? "", /TCP\/6443 belongs to the region itself/);
  });

  it("takes the address from a Service that is no load balancer any more, and leaves other classes alone", () => {
    assert.deepEqual(assigned(service("was", { type: "ClusterIP", ip: entry })), { was: undefined });
    assert.deepEqual(assigned(service("foreign", { loadBalancerClass: "example.com/other" })), {});
  });
});

const storageClass: StorageClassObject = { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name: "agentic-flow-local" }, provisioner: "agentic-flow.io/local-volume", reclaimPolicy: "Delete", volumeBindingMode: "WaitForFirstConsumer" };

function claim(annotations: Record<string, string> = {}, spec: object = {}): ClaimObject {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data", namespace: "t", uid: "42", annotations: { "volume.kubernetes.io/storage-provisioner": "agentic-flow.io/local-volume", ...annotations } },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "2Gi" } }, storageClassName: "agentic-flow-local", ...spec },
  };
}
const placed = { "volume.kubernetes.io/selected-node": "node-b" };

describe("volumes", () => {
  it("wait for the node of the first pod", () => {
    assert.equal(nodeForClaim(claim(), storageClass, ["node-a"]), undefined);
    assert.equal(nodeForClaim(claim(placed), storageClass, ["node-a"]), "node-b");
    assert.equal(nodeForClaim(claim(), { ...storageClass, volumeBindingMode: "Immediate" }, ["node-a"]), "node-a");
  });

  it("are made for no claim of another provisioner, nor one that has a volume", () => {
    assert.equal(nodeForClaim(claim({ ...placed, "volume.kubernetes.io/storage-provisioner": "other" }), storageClass, ["node-a"]), undefined);
    assert.equal(nodeForClaim(claim(placed, { volumeName: "pv" }), storageClass, ["node-a"]), undefined);
    assert.equal(nodeForClaim(claim(placed), undefined, ["node-a"]), undefined);
  });

  it("belong to their claim and their node, as local volumes that kubelet gives to the pod's group", () => {
    assert.deepEqual(volumeFor(claim(placed), storageClass, "node-b", "/volumes"), {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: "pvc-42", annotations: { "pv.kubernetes.io/provisioned-by": "agentic-flow.io/local-volume" } },
      spec: {
        capacity: { storage: "2Gi" },
        accessModes: ["ReadWriteOnce"],
        persistentVolumeReclaimPolicy: "Delete",
        storageClassName: "agentic-flow-local",
        volumeMode: "Filesystem",
        local: { path: "/volumes/pvc-42" },
        nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["node-b"] }] }] } },
        claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace: "t", name: "data", uid: "42" },
      },
    });
  });

  it("are removed only when released, ours, and where we would have put them", () => {
    const released: VolumeObject = { ...volumeFor(claim(placed), storageClass, "node-b", "/volumes"), status: { phase: "Released" } };
    assert.equal(isDisposable(released, "/volumes"), true);
    assert.equal(isDisposable({ ...released, status: { phase: "Bound" } }, "/volumes"), false);
    assert.equal(isDisposable({ ...released, spec: { ...released.spec, persistentVolumeReclaimPolicy: "Retain" } }, "/volumes"), false);
    assert.equal(isDisposable({ ...released, spec: { ...released.spec, local: { path: "/etc" } } }, "/volumes"), false);
    assert.equal(isDisposable({ ...released, metadata: { ...released.metadata, annotations: {} } }, "/volumes"), false);
  });

  it("are folders that come with the claim and go with it", () => withFolder(async (folder) => {
    const released: VolumeObject = { ...volumeFor({ ...claim(placed), metadata: { ...claim(placed).metadata, uid: "41" } }, storageClass, "node-b", folder), status: { phase: "Released" } };
    mkdirSync(join(folder, "pvc-41"));
    const created: string[] = [];
    const deleted: string[] = [];
    const lists: Record<string, unknown[]> = { PersistentVolumeClaim: [claim(placed)], PersistentVolume: [released], StorageClass: [storageClass] };
    const client = {
      list: (_: string, kind: string) => Promise.resolve({ items: lists[kind] ?? [] }),
      create: (object: VolumeObject) => Promise.resolve(created.push(object.metadata.name)),
      delete: (object: VolumeObject) => Promise.resolve(void deleted.push(object.metadata.name)),
    } as unknown as KubernetesClient;
    await volumeController(client, folder, ["node-a"]).reconcile(new AbortController().signal);
    assert.deepEqual([created, deleted], [["pvc-42"], ["pvc-41"]]);
    assert.equal(statSync(join(folder, "pvc-42")).mode & 0o777, 0o770);
    assert.equal(existsSync(join(folder, "pvc-41")), false);
  }));
});
