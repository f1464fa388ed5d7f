import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { selectorLabels } from "../labels";
import type { Labels } from "../labels";
import type { EnvValue, FileMount, Probe, ServiceWorkloadArgs } from "./args";

type PodTemplate = k8s.types.input.core.v1.PodTemplateSpec;
type Container = k8s.types.input.core.v1.Container;
type Volume = k8s.types.input.core.v1.Volume;
type KubernetesProbe = k8s.types.input.core.v1.Probe;

/** The user and group of every image of the platform; nobody else's on the machine. */
const USER_ID = 65_532;

/** Name of the volume claim of a workload with storage. */
export const DATA_VOLUME = "data";

const TMP_SIZE = "64Mi";
const PROBE_PERIOD_SECONDS = 5;
const PROBE_TIMEOUT_SECONDS = 2;
const PROBE_FAILURES = 3;
/** A pod that starts is asked often, so that it serves as soon as it can. */
const STARTUP_PERIOD_SECONDS = 1;
const STARTUP_SECONDS = 60;
/** Mounted files are readable by the pod's group and by nobody else. */
const FILE_MODE = 0o440;

export interface PodIdentity {
  readonly name: string;
  readonly labels: Labels;
  readonly image: pulumi.Input<string>;
  readonly serviceAccountName: pulumi.Input<string>;
}

/** The pod of a workload: one container under the restricted profile, spread over zones and machines. */
export function podTemplate(identity: PodIdentity, args: ServiceWorkloadArgs): PodTemplate {
  const placement = args.cluster.capacity[args.capacity ?? "general"];
  return {
    metadata: { labels: identity.labels },
    spec: {
      serviceAccountName: identity.serviceAccountName,
      // Nothing here talks to the Kubernetes API, so nothing here can be made to.
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: args.terminationGracePeriodSeconds,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: USER_ID,
        runAsGroup: USER_ID,
        fsGroup: USER_ID,
        fsGroupChangePolicy: "OnRootMismatch",
        seccompProfile: { type: "RuntimeDefault" },
      },
      nodeSelector: { ...placement.nodeSelector },
      tolerations: placement.tolerations.map((toleration) => ({ ...toleration })),
      topologySpreadConstraints: spread(identity.name, args),
      containers: [container(identity, args)],
      volumes: [{ name: "tmp", emptyDir: { sizeLimit: TMP_SIZE } }, ...(args.files ?? []).map(volume)],
    },
  };
}

function container(identity: PodIdentity, args: ServiceWorkloadArgs): Container {
  const { resources, storage, preStop } = args;
  return {
    name: identity.name,
    image: identity.image,
    imagePullPolicy: "IfNotPresent",
    ...(args.args === undefined ? {} : { args: [...args.args] }),
    env: Object.entries(args.env ?? {}).map(([name, value]) => environment(name, value)),
    ports: args.ports.map((port) => ({ name: port.name, containerPort: port.port, protocol: "TCP" })),
    resources: {
      requests: { cpu: resources.cpuRequest, memory: resources.memoryRequest },
      limits: { memory: resources.memoryLimit },
    },
    securityContext: {
      runAsNonRoot: true,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      privileged: false,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
    startupProbe: {
      ...probe(args.liveness),
      periodSeconds: STARTUP_PERIOD_SECONDS,
      failureThreshold: Math.ceil((args.startupSeconds ?? STARTUP_SECONDS) / STARTUP_PERIOD_SECONDS),
    },
    livenessProbe: probe(args.liveness),
    readinessProbe: probe(args.readiness),
    ...(preStop === undefined ? {} : { lifecycle: { preStop: { httpGet: { path: preStop.path, port: preStop.port } } } }),
    volumeMounts: [
      { name: "tmp", mountPath: "/tmp" },
      ...(args.files ?? []).map((file) => ({ name: file.name, mountPath: file.mountPath, readOnly: true })),
      ...(storage === undefined ? [] : [{ name: DATA_VOLUME, mountPath: storage.mountPath }]),
    ],
  };
}

function environment(name: string, value: EnvValue): k8s.types.input.core.v1.EnvVar {
  if (isField(value)) return { name, valueFrom: { fieldRef: { fieldPath: value.fieldPath } } };
  return { name, value };
}

function isField(value: EnvValue): value is { readonly fieldPath: string } {
  return typeof value === "object" && "fieldPath" in value && typeof value.fieldPath === "string";
}

function probe(args: Probe): KubernetesProbe {
  return {
    ...question(args),
    periodSeconds: args.periodSeconds ?? PROBE_PERIOD_SECONDS,
    timeoutSeconds: args.timeoutSeconds ?? PROBE_TIMEOUT_SECONDS,
    failureThreshold: args.failureThreshold ?? PROBE_FAILURES,
  };
}

function question(args: Probe): KubernetesProbe {
  if ("command" in args) return { exec: { command: [...args.command] } };
  if ("tcpPort" in args) return { tcpSocket: { port: args.tcpPort } };
  return { httpGet: { path: args.path, port: args.port } };
}

function volume(file: FileMount): Volume {
  const source = file.source;
  return "secretName" in source
    ? { name: file.name, secret: { secretName: source.secretName, defaultMode: FILE_MODE } }
    : { name: file.name, configMap: { name: source.configMapName, defaultMode: FILE_MODE } };
}

function spread(name: string, args: ServiceWorkloadArgs) {
  const common = {
    maxSkew: 1,
    labelSelector: { matchLabels: selectorLabels(name) },
    // Pods of the version that is on its way out do not count, or a rollout could get stuck.
    ...(args.storage === undefined ? { matchLabelKeys: ["pod-template-hash"] } : {}),
  };
  return [
    {
      ...common,
      topologyKey: "topology.kubernetes.io/zone",
      // Where nodes carry no zone a hard rule would leave every pod unscheduled.
      whenUnsatisfiable: args.cluster.region.zones.length > 1 ? "DoNotSchedule" : "ScheduleAnyway",
    },
    { ...common, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" },
  ];
}
