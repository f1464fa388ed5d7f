import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { volumeProvisioner } from "../addons/storage-class";
import { ApiError } from "../kubernetes/client";
import type { KubernetesClient } from "../kubernetes/client";
import type { KubernetesObject } from "../kubernetes/object";
import { EventTeller } from "./events";
import type { Controller } from "./loop";

const provisionerAnnotation = "volume.kubernetes.io/storage-provisioner";
const selectedNodeAnnotation = "volume.kubernetes.io/selected-node";
const provisionedByAnnotation = "pv.kubernetes.io/provisioned-by";
/** The group is the pod's fsGroup once kubelet has mounted the volume. */
const volumeDirectoryMode = 0o770;

export interface ClaimObject extends KubernetesObject {
  readonly spec: {
    readonly accessModes?: readonly string[];
    readonly resources?: { readonly requests?: { readonly storage?: string } };
    readonly storageClassName?: string;
    readonly volumeName?: string;
    readonly volumeMode?: string;
  };
}

export interface VolumeObject extends KubernetesObject {
  readonly spec: { readonly persistentVolumeReclaimPolicy?: string; readonly local?: { readonly path?: string }; readonly [field: string]: unknown };
  readonly status?: { readonly phase?: string };
}

export interface StorageClassObject extends KubernetesObject {
  readonly provisioner: string;
  readonly reclaimPolicy?: string;
  readonly volumeBindingMode?: string;
}

/** The node a claim's volume goes to; nothing while the claim is none of ours, is served, or waits for its first pod. */
export function nodeForClaim(claim: ClaimObject, storageClass: StorageClassObject | undefined, nodes: readonly string[]): string | undefined {
  const { annotations, deletionTimestamp } = claim.metadata;
  if (annotations?.[provisionerAnnotation] !== volumeProvisioner || storageClass === undefined) return undefined;
  if (claim.spec.volumeName !== undefined || deletionTimestamp !== undefined) return undefined;
  return annotations[selectedNodeAnnotation] ?? (storageClass.volumeBindingMode === "Immediate" ? nodes[0] : undefined);
}

/** The volume for a claim: a folder that only pods on `node` can mount. Its size is what was asked for, and not enforced. */
export function volumeFor(claim: ClaimObject, storageClass: StorageClassObject, node: string, volumeDirectory: string): VolumeObject {
  const name = `pvc-${claim.metadata.uid ?? ""}`;
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name, annotations: { [provisionedByAnnotation]: volumeProvisioner } },
    spec: {
      capacity: { storage: claim.spec.resources?.requests?.storage ?? "1Gi" },
      accessModes: claim.spec.accessModes ?? ["ReadWriteOnce"],
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? "Delete",
      storageClassName: storageClass.metadata.name,
      volumeMode: "Filesystem",
      // `local` and not `hostPath`: kubelet gives only the former to the pod's fsGroup.
      local: { path: join(volumeDirectory, name) },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [node] }] }] } },
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace: claim.metadata.namespace, name: claim.metadata.name, uid: claim.metadata.uid },
    },
  };
}

/** Whether a volume is ours and nobody's any more, and its folder the one we would have made. */
export function isDisposable(volume: VolumeObject, volumeDirectory: string): boolean {
  return (
    volume.metadata.annotations?.[provisionedByAnnotation] === volumeProvisioner &&
    volume.status?.phase === "Released" &&
    volume.spec.persistentVolumeReclaimPolicy === "Delete" &&
    volume.spec.local?.path === join(volumeDirectory, volume.metadata.name)
  );
}

/** Makes a folder and a volume for every claim of ours, and removes both when the claim is gone. */
export function volumeController(client: KubernetesClient, volumeDirectory: string, nodes: readonly string[]): Controller {
  const teller = new EventTeller(client, "agentic-flow-volumes");

  async function provision(claim: ClaimObject, storageClass: StorageClassObject, node: string, signal: AbortSignal): Promise<void> {
    if (claim.spec.volumeMode === "Block") {
      await teller.warn(claim, "ProvisioningFailed", `volumeMode is Block: volumes of ${volumeProvisioner} are folders; use Filesystem`, signal);
      return;
    }
    const volume = volumeFor(claim, storageClass, node, volumeDirectory);
    const folder = join(volumeDirectory, volume.metadata.name);
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, volumeDirectoryMode);
    try {
      await client.create(volume, signal);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409)) throw error; // 409: made in a round before, not bound yet.
    }
  }

  return {
    name: "volumes",
    watches: [
      { apiVersion: "v1", kind: "PersistentVolumeClaim" },
      { apiVersion: "v1", kind: "PersistentVolume" },
      { apiVersion: "storage.k8s.io/v1", kind: "StorageClass" },
    ],
    async reconcile(signal) {
      const [claims, volumes, classes] = await Promise.all([
        client.list<ClaimObject>("v1", "PersistentVolumeClaim", signal),
        client.list<VolumeObject>("v1", "PersistentVolume", signal),
        client.list<StorageClassObject>("storage.k8s.io/v1", "StorageClass", signal),
      ]);
      for (const listed of claims.items) {
        const claim: ClaimObject = { ...listed, apiVersion: "v1", kind: "PersistentVolumeClaim" };
        const storageClass = classes.items.find(({ metadata }) => metadata.name === claim.spec.storageClassName);
        const node = nodeForClaim(claim, storageClass, nodes);
        if (storageClass !== undefined && node !== undefined) await provision(claim, storageClass, node, signal);
      }
      for (const volume of volumes.items) {
        if (!isDisposable(volume, volumeDirectory)) continue;
        rmSync(join(volumeDirectory, volume.metadata.name), { recursive: true, force: true });
        await client.delete({ ...volume, apiVersion: "v1", kind: "PersistentVolume" }, signal);
      }
    },
  };
}
