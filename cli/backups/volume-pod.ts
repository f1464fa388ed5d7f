import { PLATFORM_NAMESPACE } from "../../config/naming";
import { inPod } from "./cluster";
import type { Cluster } from "./cluster";

const userId = 65_532;
const startTimeout = "120s";

/** Where the volume is in the pod. */
export const volumeMount = "/volume";

/**
 * Does something with the volume of a store's member while the member is away: in a pod of its own, which is gone
 * afterwards, also one that an interrupted run left.
 */
export async function withVolume<T>(cluster: Cluster, member: string, image: string, work: (run: (script: string, fromFile?: string, toFile?: string) => Promise<string>) => Promise<T>): Promise<T> {
  const name = `restore-${member}`;
  const remove = (by: Cluster): Promise<string> => by.kubectl(["delete", "pod", name, "--ignore-not-found", "--grace-period=1", "--wait=true"]);
  await remove(cluster);
  await cluster.kubectl(["apply", "-f", "-"], { fromText: JSON.stringify(podOf(name, member, image)) });
  try {
    await cluster.kubectl(["wait", "pod", name, "--for=condition=Ready", `--timeout=${startTimeout}`]);
    return await work((script, fromFile, toFile) =>
      inPod(cluster, name, ["/bin/sh", "-euc", script], { ...(fromFile === undefined ? {} : { fromFile }), ...(toFile === undefined ? {} : { toFile }) }),
    );
  } finally {
    await remove(cluster.uninterrupted);
  }
}

function podOf(name: string, member: string, image: string): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: PLATFORM_NAMESPACE, labels: { "app.kubernetes.io/name": name, "app.kubernetes.io/component": "restore" } },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true, runAsUser: userId, runAsGroup: userId, fsGroup: userId, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "main",
          image,
          command: ["/bin/sh", "-c", "trap exit TERM; while :; do sleep 1; done"],
          resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "512Mi" } },
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true, capabilities: { drop: ["ALL"] } },
          volumeMounts: [{ name: "data", mountPath: volumeMount }],
        },
      ],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: `data-${member}` } }],
    },
  };
}
