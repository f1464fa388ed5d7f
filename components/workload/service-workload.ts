import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { mebibytes, parseQuantity } from "../../config";
import { HorizontalAutoscaler } from "../autoscaling";
import type { Autoscaler } from "../autoscaling";
import { selectorLabels, workloadLabels } from "../labels";
import type { Labels } from "../labels";
import type { ServiceWorkloadArgs } from "./args";
import { networkPolicySpec } from "./network-policy";
import { DATA_VOLUME, podTemplate } from "./pod";
import { checkArgs, pinnedImage } from "./validation";

/** Share of its memory limit that a replica may use on average before there are more of them. */
const MEMORY_TARGET = 0.8;
const OLD_REVISIONS_KEPT = 3;
/** A rollout that makes no progress for this long has failed. */
const PROGRESS_DEADLINE_SECONDS = 300;

/**
 * One program and everything it needs to run well: Deployment or StatefulSet, two Services, ServiceAccount,
 * PodDisruptionBudget, NetworkPolicy and, if its replicas come and go, an autoscaler.
 *
 * Its pods answer to `<name>`, one of them per connection, and to `<name>-pods`, all of them by address, for clients
 * that balance by themselves.
 */
export class ServiceWorkload extends pulumi.ComponentResource {
  /** Labels that pick its pods, for those that call it. */
  readonly selector: Labels;
  /** Name of the Service that balances per connection. */
  readonly serviceName: string;
  /** Name of the Service that answers with every pod. */
  readonly podsServiceName: string;
  readonly autoscaler: Autoscaler | undefined;
  /** Address or name of the load balancer; undefined for a workload without public port. */
  readonly publicAddress: pulumi.Output<string | undefined>;

  readonly #name: string;
  readonly #args: ServiceWorkloadArgs;
  readonly #labels: Labels;

  constructor(name: string, args: ServiceWorkloadArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentic-flow:workload:ServiceWorkload", name, {}, opts);
    checkArgs(name, args);
    this.#name = name;
    this.#args = args;
    this.#labels = workloadLabels(name, args.role, args.cluster.region.name);
    this.selector = selectorLabels(name);
    this.serviceName = name;
    this.podsServiceName = podsServiceName(name);

    const account = this.#serviceAccount();
    const policy = this.#networkPolicy();
    this.#podsService();
    const workload = this.#workload(account, [policy]);
    this.#disruptionBudget();
    this.autoscaler = this.#autoscaler(workload);
    const service = this.#service();
    this.publicAddress = args.publicPort === undefined ? pulumi.output(undefined) : loadBalancerAddress(service);
    this.registerOutputs({ serviceName: this.serviceName, publicAddress: this.publicAddress });
  }

  #metadata(name = this.#name): { name: string; namespace: string; labels: Labels } {
    return { name, namespace: this.#args.namespace.namespace, labels: this.#labels };
  }

  /** Objects that end with the namespace are not deleted one by one. */
  #inside(): pulumi.CustomResourceOptions & { deletedWith: pulumi.Resource } {
    return { ...this.#owning(), deletedWith: this.#args.namespace.resource };
  }

  /** Objects that own something outside the cluster (volumes, load balancers) are deleted first, and awaited. */
  #owning(): pulumi.CustomResourceOptions & { dependsOn: pulumi.Resource[] } {
    return { parent: this, provider: this.#args.cluster.provider, dependsOn: [this.#args.namespace] };
  }

  #serviceAccount(): k8s.core.v1.ServiceAccount {
    const annotations = this.#args.cluster.workloadIdentity.serviceAccountAnnotations(this.#name);
    return new k8s.core.v1.ServiceAccount(
      this.#name,
      { metadata: { ...this.#metadata(), annotations }, automountServiceAccountToken: false },
      this.#inside(),
    );
  }

  #networkPolicy(): k8s.networking.v1.NetworkPolicy {
    return new k8s.networking.v1.NetworkPolicy(
      this.#name,
      { metadata: this.#metadata(), spec: networkPolicySpec(this.#name, this.#args) },
      this.#inside(),
    );
  }

  #workload(account: k8s.core.v1.ServiceAccount, before: pulumi.Resource[]): k8s.apps.v1.Deployment | k8s.apps.v1.StatefulSet {
    const { replicas, storage, image } = this.#args;
    const template = podTemplate(
      {
        name: this.#name,
        labels: this.#labels,
        image: pinnedImage(this.#name, image),
        serviceAccountName: account.metadata.name,
      },
      this.#args,
    );
    const common = {
      // An autoscaler owns the count; whoever sets it here as well fights it at every update.
      ...(replicas.kind === "fixed" ? { replicas: replicas.count } : {}),
      selector: { matchLabels: this.selector },
      template,
      revisionHistoryLimit: OLD_REVISIONS_KEPT,
    };
    if (storage === undefined) {
      const options = this.#inside();
      return new k8s.apps.v1.Deployment(
        this.#name,
        {
          metadata: this.#metadata(),
          spec: {
            ...common,
            progressDeadlineSeconds: PROGRESS_DEADLINE_SECONDS,
            strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" } },
          },
        },
        { ...options, dependsOn: [this.#args.namespace, ...before] },
      );
    }
    return new k8s.apps.v1.StatefulSet(
      this.#name,
      {
        metadata: this.#metadata(),
        spec: {
          ...common,
          serviceName: this.podsServiceName,
          // Members wait for one another to be ready; started one by one they would wait for ever.
          podManagementPolicy: "Parallel",
          updateStrategy: { type: "RollingUpdate" },
          persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
          volumeClaimTemplates: [
            {
              metadata: { name: DATA_VOLUME, labels: this.#labels },
              spec: {
                accessModes: ["ReadWriteOnce"],
                ...(this.#args.cluster.storageClass === undefined ? {} : { storageClassName: this.#args.cluster.storageClass }),
                resources: { requests: { storage: storage.size } },
              },
            },
          ],
        },
      },
      { ...this.#owning(), dependsOn: [this.#args.namespace, ...before] },
    );
  }

  #disruptionBudget(): void {
    new k8s.policy.v1.PodDisruptionBudget(
      this.#name,
      {
        metadata: this.#metadata(),
        spec: {
          selector: { matchLabels: this.selector },
          // One at a time, and always one: a budget that allows none blocks every node upgrade.
          maxUnavailable: 1,
          unhealthyPodEvictionPolicy: "AlwaysAllow",
        },
      },
      this.#inside(),
    );
  }

  #autoscaler(workload: pulumi.Resource): Autoscaler | undefined {
    const { replicas, resources, namespace, cluster } = this.#args;
    if (replicas.kind === "fixed") return undefined;
    const limitBytes = parseQuantity(resources.memoryLimit) ?? 0;
    return new HorizontalAutoscaler(
      this.#name,
      {
        target: { apiVersion: "apps/v1", kind: "Deployment", name: this.#name },
        namespace: namespace.namespace,
        labels: this.#labels,
        minReplicas: replicas.min,
        maxReplicas: replicas.max,
        signals: [
          { kind: "cpu", targetPercent: replicas.targetCpuPercent },
          { kind: "memory", targetAverage: mebibytes(limitBytes * MEMORY_TARGET) },
        ],
      },
      { parent: this, provider: cluster.provider, dependsOn: [workload], deletedWith: namespace.resource },
    );
  }

  #servicePorts() {
    return this.#args.ports
      .filter((port) => port.callers !== undefined)
      .map((port) => ({
        name: port.name,
        port: port.callers === "anybody" ? (this.#args.publicPort ?? port.port) : port.port,
        targetPort: port.name,
        protocol: "TCP",
        ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
      }));
  }

  #service(): k8s.core.v1.Service {
    const isPublic = this.#args.publicPort !== undefined;
    return new k8s.core.v1.Service(
      this.#name,
      {
        metadata: this.#metadata(),
        spec: { type: isPublic ? "LoadBalancer" : "ClusterIP", selector: this.selector, ports: this.#servicePorts() },
      },
      isPublic ? this.#owning() : this.#inside(),
    );
  }

  #podsService(): void {
    const stateful = this.#args.storage !== undefined;
    new k8s.core.v1.Service(
      this.podsServiceName,
      {
        metadata: {
          ...this.#metadata(this.podsServiceName),
          // It has no address to wait for, and its pods are waited for already.
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: {
          clusterIP: "None",
          selector: this.selector,
          // Members of a store find one another before they are ready; clients are only shown who is.
          publishNotReadyAddresses: stateful,
          ports: this.#args.ports
            .filter((port) => port.callers !== undefined)
            .map((port) => ({ name: port.name, port: port.port, targetPort: port.name, protocol: "TCP" })),
        },
      },
      this.#inside(),
    );
  }
}

/** Name of the Service that answers with the addresses of all pods of a workload. */
export function podsServiceName(workload: string): string {
  return `${workload}-pods`;
}

function loadBalancerAddress(service: k8s.core.v1.Service): pulumi.Output<string | undefined> {
  return service.status.apply((status) => {
    const entry = status?.loadBalancer?.ingress?.[0];
    return entry?.ip ?? entry?.hostname;
  });
}
