import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { buildSync } from "esbuild";
import { lateObjects, regionObjects } from "./addons/objects";
import { Layout } from "./directory";
import { makePrivateDirectory, readIfThere, writePrivateFile } from "./files";
import { nodeInterface } from "./network/addresses";
import { kubeconfig } from "./pki/kubeconfig";
import { ensurePki } from "./pki/region-pki";
import { cniConfig, nodeConfigFiles } from "./processes/node-config";
import { daemonsOf } from "./processes/plan";
import type { RegionPlan } from "./processes/plan";
import { binary, kubeletPort } from "./settings";
import type { RegionSettings } from "./settings";

const loopbackUrl = "https://127.0.0.1";
/** Components that talk to the API server through a kubeconfig of their own. */
const components = { simulated: ["kube-controller-manager", "kube-scheduler", "kwok"], node: ["kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kube-router"] } as const;
/** Simulated: what daemons write is their owner's alone. Node: containers' own users must read what is mounted for them; the region's directory keeps others out. */
const umasks = { simulated: 0o077, node: 0o022 } as const;
/** Ports of the node that containers and users must not be sent away from. */
const nodePortsInUse = [kubeletPort];

/** Files of a region that follow from its settings, by path relative to its directory. */
export type RegionFiles = Readonly<Record<string, string>>;

/** Makes a region's folders and keys, and says what its files hold; writes none of them yet. */
export async function prepareFiles(settings: RegionSettings, here: Layout): Promise<RegionFiles> {
  for (const folder of [here.root, here.logs, here.podLogs, here.volumes, here.etcd, here.containerd, here.kubelet, here.cniBinaries, here.cniConfig, here.temporary, join(here.root, "run")]) {
    makePrivateDirectory(folder);
  }
  await ensurePki(here, settings);
  if (settings.mode === "node") linkCniBinaries(settings, here);
  const relative = new Layout("");
  return {
    [relative.plan]: JSON.stringify(planOf(settings, here)),
    [relative.supervisorBundle]: bundleSupervisor(),
    [relative.kubeconfig]: kubeconfigFor(settings, here, "admin", settings.apiAddress),
    ...Object.fromEntries(components[settings.mode].map((name) => [relative.componentKubeconfig(name), kubeconfigFor(settings, here, name, settings.apiAddress)])),
    ...(settings.mode === "node" ? nodeFiles(settings, relative) : {}),
  };
}

/** Writes what differs, so that a file that is the same keeps its time. */
export function writeFiles(files: RegionFiles, here: Layout): void {
  for (const [path, content] of Object.entries(files)) {
    const target = join(here.root, path);
    if (readIfThere(target) !== content) writePrivateFile(target, content);
  }
}

/** Changes when anything does that the region's processes were started with. */
export function hashFiles(files: RegionFiles): string {
  return createHash("sha256").update(JSON.stringify(Object.entries(files).sort())).digest("hex");
}

/** Everything the supervisor needs to know. */
export function planOf(settings: RegionSettings, here: Layout): RegionPlan {
  const { layout, ports } = settings;
  return {
    name: settings.name,
    daemons: daemonsOf(settings),
    searchPath: settings.searchPath,
    temporaryDirectory: layout.temporary,
    logDirectory: layout.logs,
    statusFile: layout.status,
    volumeDirectory: layout.volumes,
    entryAddress: settings.apiAddress,
    reservedPorts: [ports.api, ...(settings.mode === "node" ? nodePortsInUse : [])],
    api: { url: `${loopbackUrl}:${ports.api}`, caFile: layout.pki("cluster-ca.crt"), certificateFile: layout.pki("supervisor.crt"), keyFile: layout.pki("supervisor.key") },
    objects: regionObjects(settings, here),
    lateObjects: lateObjects(settings, here),
    nodes: settings.nodes.map(({ name }) => name),
    umask: umasks[settings.mode],
    ...(settings.mode === "node" ? { network: { interface: nodeInterface, address: settings.apiAddress, prefixLength: settings.prefixLength } } : {}),
  };
}

function nodeFiles(settings: RegionSettings & { readonly mode: "node" }, relative: Layout): RegionFiles {
  return {
    ...Object.fromEntries(Object.entries(nodeConfigFiles(settings)).map(([name, content]) => [relative.config(name), content])),
    [join(relative.cniConfig, "10-region.conflist")]: cniConfig(),
  };
}

function kubeconfigFor(settings: RegionSettings, here: Layout, user: string, address: string): string {
  const text = (file: string): string => readFileSync(here.pki(file), "utf8");
  return kubeconfig({
    cluster: `agentic-flow-${settings.name}`,
    server: `https://${address}:${settings.ports.api}`,
    authority: text("cluster-ca.crt"),
    user: `agentic-flow-${settings.name}-${user}`,
    credentials: { certificate: text(`${user}.crt`), key: text(`${user}.key`) },
  });
}

/** containerd wants its CNI plugins in one folder; the toolchain keeps each where it was built. */
function linkCniBinaries(settings: RegionSettings, here: Layout): void {
  for (const name of ["bridge", "host-local", "loopback", "portmap"] as const) {
    const target = binary(settings, name);
    const link = join(here.cniBinaries, basename(name));
    if (existsSync(link) && lstatSync(link).isSymbolicLink() && readlinkSync(link) === target) continue;
    rmSync(link, { force: true });
    symlinkSync(target, link);
  }
}

/** The supervisor as one file, so that it starts at once, stays small and does not change while it runs. */
function bundleSupervisor(): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(__dirname, "supervisor", "main.ts")],
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    write: false,
    logLevel: "silent",
  });
  const text = outputFiles[0]?.text;
  if (text === undefined) throw new Error("esbuild gave no output for the supervisor");
  return text;
}
