import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { selectorLabels, workloadLabels } from "../../labels";
import type { PodDestination } from "../../workload";
import type { RestateArgs } from "./index";
import { nodeHosts, nodeUrl, RESTATE_PORTS } from "./environment";

const USER_ID = 65_532;
/** The nodes may take a while to find one another. */
const TRIES = 30;

/** Labels of the pod that founds the cluster, for the port of the nodes. */
export function provisionerSelector(name: string) {
  return selectorLabels(provisionerName(name));
}

function provisionerName(name: string): string {
  return `${name}-provision`;
}

/**
 * Founds a cluster of several nodes, once: a Job that tells one of them to begin. It is never run again, whatever
 * changes: a cluster that was founded twice would have two histories.
 */
export function provision(name: string, args: RestateArgs, parent: pulumi.Resource): void {
  const { cluster, namespace, settings } = args;
  const job = provisionerName(name);
  const labels = workloadLabels(job, "datastore", cluster.region.name);
  const metadata = { name: job, namespace: namespace.namespace, labels };
  const options = { parent, provider: cluster.provider, dependsOn: [namespace], deletedWith: namespace.resource };
  const [first = ""] = nodeHosts({ name, namespace: namespace.namespace, region: cluster.region.name, settings });
  const target: PodDestination = { labels: selectorLabels(name), port: RESTATE_PORTS.node };
  const policy = new k8s.networking.v1.NetworkPolicy(
    job,
    {
      metadata,
      spec: {
        podSelector: { matchLabels: selectorLabels(job) },
        policyTypes: ["Ingress", "Egress"],
        egress: [{ to: [{ podSelector: { matchLabels: { ...target.labels } } }], ports: [{ protocol: "TCP", port: target.port }] }],
      },
    },
    options,
  );
  const majority = String(Math.floor(settings.nodes / 2) + 1);
  new k8s.batch.v1.Job(
    job,
    {
      // Nodes are ready only once there is a cluster, and the Job is what makes it one: neither waits for the other.
      metadata: { ...metadata, annotations: { "pulumi.com/skipAwait": "true" } },
      spec: {
        backoffLimit: TRIES,
        template: {
          metadata: { labels },
          spec: {
            restartPolicy: "OnFailure",
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: { runAsNonRoot: true, runAsUser: USER_ID, runAsGroup: USER_ID, seccompProfile: { type: "RuntimeDefault" } },
            containers: [
              {
                name: job,
                image: args.image,
                command: ["/usr/local/bin/restatectl"],
                args: ["provision", "--yes", `--address=${nodeUrl(first)}`, "--log-provider=replicated", `--log-replication=${majority}`, `--partition-replication=${majority}`],
                resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
                securityContext: {
                  runAsNonRoot: true,
                  readOnlyRootFilesystem: true,
                  allowPrivilegeEscalation: false,
                  privileged: false,
                  capabilities: { drop: ["ALL"] },
                  seccompProfile: { type: "RuntimeDefault" },
                },
              },
            ],
          },
        },
      },
    },
    { ...options, dependsOn: [namespace, policy], ignoreChanges: ["spec"] },
  );
}
