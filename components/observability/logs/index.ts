import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { FaultsError, parseQuantity } from "../../../config";
import type { Resources } from "../../../config";
import type { RegionalCluster } from "../../cluster";
import { NAME_RESOLUTION } from "../../namespace";
import { platformLabels, selectorLabels, workloadLabels } from "../../labels";
import { outside } from "../outside";
import { memoryBound } from "../prometheus/flags";
import { logShipperConfiguration, NODE_LOGS, SHIPPER_PORTS } from "./configuration";

export { logShipperConfiguration } from "./configuration";

export interface LogShipperArgs {
  readonly cluster: RegionalCluster;
  /** Reference with a digest; its entrypoint is the collector. */
  readonly image: pulumi.Input<string>;
  /** Namespaces whose containers are read. */
  readonly namespaces: readonly string[];
  /** Base URL of an OTLP/HTTP receiver of the user's. Its scheme must be https: logs may hold what callers sent. */
  readonly exportUrl: string;
  readonly resources: Resources;
}

const CONFIG_MOUNT = "/etc/otel-collector";
const CONFIG_FILE = "log-shipper.json";
const FILE_MODE = 0o440;
const STOP_SECONDS = 30;
/** Nodes whose shipper is replaced at the same time. */
const MAX_UNAVAILABLE = "10%";

/**
 * One collector per node that reads the files of its containers and sends them to the user.
 *
 * It is the only thing of ours that sees a node's files, so it has a namespace of its own: the platform's refuses such
 * pods. It reads as root, because the kubelet's files are root's, with no capability, and it can write nowhere.
 */
export class LogShipper extends pulumi.ComponentResource {
  constructor(name: string, args: LogShipperArgs, opts?: pulumi.ComponentResourceOptions) {
    super("agentic-flow:observability:LogShipper", name, {}, opts);
    checkArgs(name, args);
    const { cluster } = args;
    const labels = workloadLabels(name, "observability", cluster.region.name);
    const namespace = new k8s.core.v1.Namespace(
      name,
      { metadata: { name, labels: { ...platformLabels(cluster.region.name), "pod-security.kubernetes.io/enforce": "privileged" } } },
      { parent: this, provider: cluster.provider },
    );
    const inside = { parent: this, provider: cluster.provider, dependsOn: namespace, deletedWith: namespace };
    const metadata = { name, namespace: name, labels };
    const account = new k8s.core.v1.ServiceAccount(name, { metadata, automountServiceAccountToken: false }, inside);
    const policy = new k8s.networking.v1.NetworkPolicy(name, { metadata, spec: networkPolicySpec(name, args.exportUrl) }, inside);
    const files = new k8s.core.v1.ConfigMap(
      name,
      { metadata: { namespace: name, labels }, immutable: true, data: { [CONFIG_FILE]: configurationFile(args) } },
      inside,
    );
    new k8s.apps.v1.DaemonSet(
      name,
      {
        metadata,
        spec: {
          selector: { matchLabels: selectorLabels(name) },
          updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: MAX_UNAVAILABLE } },
          template: { metadata: { labels }, spec: podSpec(name, args, account.metadata.name, files.metadata.name) },
        },
      },
      { ...inside, dependsOn: [namespace, policy] },
    );
    this.registerOutputs({});
  }
}

function configurationFile({ cluster, namespaces, exportUrl, resources }: LogShipperArgs): string {
  const memoryLimitBytes = parseQuantity(resources.memoryLimit) ?? 0;
  return JSON.stringify(logShipperConfiguration({ region: cluster.region.name, namespaces, exportUrl, memoryLimitBytes }), undefined, 1);
}

/** Nobody calls it; it calls its receiver and asks for names. */
function networkPolicySpec(name: string, exportUrl: string): k8s.types.input.networking.v1.NetworkPolicySpec {
  const { cidr, port } = outside(exportUrl);
  return {
    podSelector: { matchLabels: selectorLabels(name) },
    policyTypes: ["Ingress", "Egress"],
    egress: [
      { to: [{ ipBlock: { cidr } }], ports: [{ protocol: "TCP", port }] },
      NAME_RESOLUTION,
    ],
  };
}

function podSpec(
  name: string,
  { image, resources }: LogShipperArgs,
  serviceAccountName: pulumi.Input<string>,
  configMapName: pulumi.Input<string>,
): k8s.types.input.core.v1.PodSpec {
  const probe = { httpGet: { path: "/", port: "health" }, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 3 };
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: STOP_SECONDS,
    // Logs of a node that is kept free for something are wanted as well.
    tolerations: [{ operator: "Exists" }],
    securityContext: { runAsUser: 0, runAsGroup: 0, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name,
        image,
        imagePullPolicy: "IfNotPresent",
        args: [`--config=${CONFIG_MOUNT}/${CONFIG_FILE}`],
        env: [{ name: "GOMEMLIMIT", value: memoryBound(resources.memoryLimit) }],
        ports: Object.entries(SHIPPER_PORTS).map(([port, containerPort]) => ({ name: port, containerPort, protocol: "TCP" })),
        resources: {
          requests: { cpu: resources.cpuRequest, memory: resources.memoryRequest },
          limits: { memory: resources.memoryLimit },
        },
        securityContext: {
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          privileged: false,
          capabilities: { drop: ["ALL"] },
          seccompProfile: { type: "RuntimeDefault" },
        },
        livenessProbe: probe,
        readinessProbe: probe,
        volumeMounts: [
          { name: "config", mountPath: CONFIG_MOUNT, readOnly: true },
          { name: "logs", mountPath: NODE_LOGS, readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: "config", configMap: { name: configMapName, defaultMode: FILE_MODE } },
      { name: "logs", hostPath: { path: NODE_LOGS, type: "Directory" } },
    ],
  };
}

function checkArgs(name: string, { exportUrl }: LogShipperArgs): void {
  if (exportUrl.startsWith("https://")) return;
  throw new FaultsError(`args of LogShipper '${name}'`, [
    {
      property: "exportUrl",
      actual: exportUrl,
      rule: "must begin with https://: logs leave the region and may hold what callers sent",
      wayOut: "give the receiver a certificate, or leave 'shipLogs' out",
    },
  ]);
}
