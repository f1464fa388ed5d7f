import { clusterDomain, podSubnet, serviceSubnet } from "../network/addresses";
import { binary } from "../settings";
import type { RegionSettings } from "../settings";
import { flags } from "./daemon-spec";
import type { DaemonSpec, Probe } from "./daemon-spec";

const loopback = "127.0.0.1";
const tlsMinimum = "VersionTLS12";
/** Pod addresses of simulated nodes: room for a /24 each. */
const simulatedPodSubnet = "10.244.0.0/16";

/** etcd, one member; clients and peers show certificates of its own authority. */
export function etcd(settings: RegionSettings): DaemonSpec {
  const { layout, ports } = settings;
  const client = `https://${loopback}:${ports.etcd}`;
  const peer = `https://${loopback}:${ports.etcdPeer}`;
  return {
    name: "etcd",
    command: binary(settings, "etcd"),
    stage: "storage",
    args: flags({
      name: "region",
      "data-dir": layout.etcd,
      "listen-client-urls": client,
      "advertise-client-urls": client,
      "listen-peer-urls": peer,
      "initial-advertise-peer-urls": peer,
      "initial-cluster": `region=${peer}`,
      "client-cert-auth": true,
      "trusted-ca-file": layout.pki("etcd-ca.crt"),
      "cert-file": layout.pki("etcd-server.crt"),
      "key-file": layout.pki("etcd-server.key"),
      "peer-client-cert-auth": true,
      "peer-trusted-ca-file": layout.pki("etcd-ca.crt"),
      "peer-cert-file": layout.pki("etcd-peer.crt"),
      "peer-key-file": layout.pki("etcd-peer.key"),
      "tls-min-version": "TLS1.2",
      "log-level": "warn",
    }),
    probe: { kind: "https", url: `${client}/readyz`, caFile: layout.pki("etcd-ca.crt"), certificateFile: layout.pki("etcd-client.crt"), keyFile: layout.pki("etcd-client.key") },
  };
}

/** The API server. Nobody is let in without a certificate or a token. */
export function kubeApiserver(settings: RegionSettings): DaemonSpec {
  const { layout, ports, apiAddress } = settings;
  return {
    name: "kube-apiserver",
    command: binary(settings, "kube-apiserver"),
    stage: "api",
    args: flags({
      "bind-address": settings.mode === "node" ? "0.0.0.0" : loopback,
      "advertise-address": apiAddress,
      "secure-port": ports.api,
      "tls-cert-file": layout.pki("kube-apiserver.crt"),
      "tls-private-key-file": layout.pki("kube-apiserver.key"),
      "tls-min-version": tlsMinimum,
      "client-ca-file": layout.pki("cluster-ca.crt"),
      "anonymous-auth": false,
      "authorization-mode": "Node,RBAC",
      "enable-admission-plugins": "NodeRestriction",
      "allow-privileged": true,
      "etcd-servers": `https://${loopback}:${ports.etcd}`,
      "etcd-cafile": layout.pki("etcd-ca.crt"),
      "etcd-certfile": layout.pki("etcd-client.crt"),
      "etcd-keyfile": layout.pki("etcd-client.key"),
      "encryption-provider-config": layout.pki("secrets-encryption.yaml"),
      "kubelet-client-certificate": layout.pki("kubelet-client.crt"),
      "kubelet-client-key": layout.pki("kubelet-client.key"),
      "kubelet-certificate-authority": layout.pki("cluster-ca.crt"),
      "kubelet-preferred-address-types": "InternalIP",
      "requestheader-client-ca-file": layout.pki("front-proxy-ca.crt"),
      "requestheader-allowed-names": "front-proxy-client",
      "requestheader-extra-headers-prefix": "X-Remote-Extra-",
      "requestheader-group-headers": "X-Remote-Group",
      "requestheader-username-headers": "X-Remote-User",
      "proxy-client-cert-file": layout.pki("front-proxy-client.crt"),
      "proxy-client-key-file": layout.pki("front-proxy-client.key"),
      "service-account-issuer": `https://kubernetes.default.svc.${clusterDomain}`,
      "service-account-key-file": layout.pki("service-account.pub"),
      "service-account-signing-key-file": layout.pki("service-account.key"),
      "service-cluster-ip-range": serviceSubnet,
      profiling: false,
      // A loopback address cannot be an endpoint of the Service `kubernetes`; no simulated pod would call it either.
      ...(settings.mode === "simulated" ? { "endpoint-reconciler-type": "none" } : {}),
    }),
    probe: { kind: "https", url: `https://${loopback}:${ports.api}/readyz`, ...supervisorCredentials(settings) },
  };
}

export function kubeControllerManager(settings: RegionSettings): DaemonSpec {
  const { layout, ports } = settings;
  return {
    name: "kube-controller-manager",
    command: binary(settings, "kube-controller-manager"),
    stage: "rest",
    args: flags({
      ...delegatedServing(settings, "kube-controller-manager", ports.controllerManager),
      "allocate-node-cidrs": true,
      "cluster-cidr": settings.mode === "node" ? podSubnet : simulatedPodSubnet,
      "node-cidr-mask-size": 24,
      "service-cluster-ip-range": serviceSubnet,
      "use-service-account-credentials": true,
      "service-account-private-key-file": layout.pki("service-account.key"),
      "root-ca-file": layout.pki("cluster-ca.crt"),
      "cluster-signing-cert-file": layout.pki("cluster-ca.crt"),
      "cluster-signing-key-file": layout.pki("cluster-ca.key"),
    }),
    probe: healthOf(settings, ports.controllerManager),
  };
}

export function kubeScheduler(settings: RegionSettings): DaemonSpec {
  return {
    name: "kube-scheduler",
    command: binary(settings, "kube-scheduler"),
    stage: "rest",
    args: flags(delegatedServing(settings, "kube-scheduler", settings.ports.scheduler)),
    probe: healthOf(settings, settings.ports.scheduler),
  };
}

/** Nodes that report ready and pods that report running, with nothing behind them. */
export function kwok(settings: RegionSettings): DaemonSpec {
  return {
    name: "kwok",
    command: binary(settings, "kwok"),
    stage: "rest",
    args: flags({
      kubeconfig: settings.layout.componentKubeconfig("kwok"),
      "manage-nodes-with-annotation-selector": "kwok.x-k8s.io/node=fake",
      "node-lease-duration-seconds": 40,
      // Its own server (logs and exec of pretended pods) would listen on every address of the machine.
      "node-port": 0,
    }),
    probe: { kind: "running" },
  };
}

/** Flags of a component that serves its own health and metrics and asks the API server who may read them. */
function delegatedServing(settings: RegionSettings, component: string, port: number): Record<string, string | number | boolean> {
  const { layout } = settings;
  const config = layout.componentKubeconfig(component);
  return {
    kubeconfig: config,
    "authentication-kubeconfig": config,
    "authorization-kubeconfig": config,
    "bind-address": loopback,
    "secure-port": port,
    "tls-cert-file": layout.pki(`${component}-server.crt`),
    "tls-private-key-file": layout.pki(`${component}-server.key`),
    "tls-min-version": tlsMinimum,
    "client-ca-file": layout.pki("cluster-ca.crt"),
    "requestheader-client-ca-file": layout.pki("front-proxy-ca.crt"),
    // One of each per region: waiting for a lease that a killed one still holds would only cost time.
    "leader-elect": false,
    profiling: false,
  };
}

function healthOf(settings: RegionSettings, port: number): Probe {
  return { kind: "https", url: `https://${loopback}:${port}/healthz`, ...supervisorCredentials(settings) };
}

function supervisorCredentials({ layout }: RegionSettings): { caFile: string; certificateFile: string; keyFile: string } {
  return { caFile: layout.pki("cluster-ca.crt"), certificateFile: layout.pki("supervisor.crt"), keyFile: layout.pki("supervisor.key") };
}
