import { unknown } from "../../kit/examples";
import type { ExampleResource, Examples } from "../../kit/examples";
import { sampleContainer, sampleDeployment, sampleObject, sampleTemplate } from "../../kit/sample-pods";

const logs = { volumes: [{ name: "logs", hostPath: { path: "/var/log/pods" } }] };
const withPort = (hostPort: unknown) => sampleDeployment({ containers: [sampleContainer({ ports: [{ containerPort: 80 }, { containerPort: 81, hostPort }] })] });

const persistentVolume = (spec: Record<string, unknown>): ExampleResource => ({
  type: "kubernetes:core/v1:PersistentVolume",
  name: "disk",
  props: { metadata: { name: "disk" }, spec },
});

const allow = (workload: string, ...access: string[]) => ({ allowed: [{ workload, access, reason: "reads the logs of every pod" }] });

export const examples: Examples = {
  passing: [
    { title: "a pod that keeps to itself", resource: sampleDeployment({ volumes: [{ name: "tmp", emptyDir: {} }], hostNetwork: false }) },
    { title: "a container port alone", resource: withPort(undefined) },
    { title: "a path that the configuration allows", config: allow("swarm/web", "hostPath:/var/log/pods"), resource: sampleDeployment(logs) },
    { title: "the host's network, allowed", config: allow("swarm/web", "hostNetwork"), resource: sampleDeployment({ hostNetwork: true }) },
    { title: "a host port, allowed", config: allow("swarm/web", "hostPort:9100"), resource: withPort(9100) },
    { title: "a volume of the node, allowed", config: allow("disk", "hostPath:/data"), resource: persistentVolume({ hostPath: { path: "/data" } }) },
    { title: "a volume of a driver", resource: persistentVolume({ csi: { driver: "disk.example" } }) },
    { title: "a resource that starts no pods", resource: sampleObject("core/v1:ConfigMap", "web", { data: { hostPath: "/" } }) },
  ],
  failing: [
    {
      title: "a path of the node",
      resource: sampleDeployment(logs),
      message: /^spec\.template\.spec\.volumes\[0\]\.hostPath\.path is '\/var\/log\/pods': .*use a volume claim or an emptyDir\.$/,
    },
    {
      title: "network, processes and memory of the node",
      resource: sampleDeployment({ hostNetwork: true, hostPID: true, hostIPC: true }),
      message: [/hostNetwork is true/, /hostPID is true/, /hostIPC is true/],
    },
    { title: "a port of the node", resource: withPort(8080), message: /containers\[0\]\.ports\[1\]\.hostPort \(container 'app'\) is 8080: .*use a Service/ },
    { title: "a path beside the allowed one", config: allow("swarm/web", "hostPath:/var/log"), resource: sampleDeployment(logs), message: /'\/var\/log\/pods'/ },
    { title: "an allowance for another workload", config: allow("swarm/other", "hostPath:/var/log/pods"), resource: sampleDeployment(logs), message: /hostPath/ },
    {
      title: "an allowance for another namespace",
      config: allow("other/web", "hostNetwork"),
      resource: sampleDeployment({ hostNetwork: true }),
      message: /hostNetwork/,
    },
    { title: "an allowance for another port", config: allow("swarm/web", "hostPort:80"), resource: withPort(8080), message: /8080/ },
    { title: "a PersistentVolume on the node", resource: persistentVolume({ hostPath: { path: "/data" } }), message: /^spec\.hostPath\.path is '\/data'/ },
    {
      title: "a CronJob and its init container",
      resource: sampleObject("batch/v1:CronJob", "nightly", {
        spec: { jobTemplate: { spec: { template: sampleTemplate({ ...logs, initContainers: [sampleContainer({ ports: [{ containerPort: 1, hostPort: 1 }] })] }) } } },
      }),
      message: [/^spec\.jobTemplate\.spec\.template\.spec\.volumes\[0\]/, /initContainers\[0\]\.ports\[0\]\.hostPort/],
    },
    {
      title: "a patch that opens the host's network",
      resource: sampleObject("apps/v1:DaemonSetPatch", "web", { spec: { template: { spec: { hostNetwork: true } } } }),
      message: /hostNetwork/,
    },
  ],
  unknown: [
    {
      title: "unknown volumes hide no host network",
      resource: sampleDeployment({ hostNetwork: true, volumes: unknown }),
      message: [/hostNetwork/],
      notJudged: /\.spec\.template\.spec\.volumes can't be known/,
    },
    {
      title: "an unknown port",
      resource: withPort(unknown),
      message: [],
      notJudged: /containers\.0\.ports\.1\.hostPort can't be known/,
    },
  ],
};
