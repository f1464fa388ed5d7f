import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What a machine holds that a region could leave behind; each entry is one line that a person can read. */
export interface MachineSnapshot {
  readonly mounts: readonly string[];
  readonly interfaces: readonly string[];
  readonly namespaces: readonly string[];
  readonly cgroups: readonly string[];
  readonly firewall: readonly string[];
  readonly sets: readonly string[];
  readonly processes: readonly string[];
  readonly files: readonly string[];
}

/** Folders where container engines, CNI and kubelets leave files by habit. */
const habitualFolders = ["/run", "/var/run", "/var/lib/kubelet", "/var/lib/cni", "/var/lib/containerd", "/etc/cni", "/etc/containerd", "/opt/cni", "/var/log/pods", "/var/log/containers", "/run/containerd", "/run/netns", "/var/lib/etcd"];

function lines(command: string, args: readonly string[]): string[] {
  try {
    return execFileSync(command, [...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split("\n").filter((line) => line !== "");
  } catch {
    // A machine without the command holds nothing that only the command could make.
    return [];
  }
}

function cgroupFolders(): string[] {
  const found: string[] = [];
  const walk = (folder: string, depth: number): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const path = join(folder, entry.name);
      found.push(path);
      if (depth < 4) walk(path, depth + 1);
    }
  };
  if (existsSync("/sys/fs/cgroup")) walk("/sys/fs/cgroup", 0);
  return found.sort();
}

/** Processes of a region by what they run: the engines of a region are the only ones of these names. */
const engineNames = new Set(["etcd", "kube-apiserver", "kube-controller", "kube-scheduler", "kubelet", "kube-proxy", "kube-router", "containerd", "containerd-shim", "coredns", "metrics-server", "kwok", "pause", "envoy", "pulumi"]);

/** What the engine starts in Node: the program and the policy packs. */
const engineScript = /@pulumi\/pulumi\/cmd\/(run-policy-pack|run)\b/;

function engineProcesses(): string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const name = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
        if (engineNames.has(name) || name.startsWith("containerd-shim")) return [name];
        const script = engineScript.exec(readFileSync(`/proc/${pid}/cmdline`, "utf8"))?.[1];
        return script === undefined ? [] : [`node ${script}`];
      } catch {
        return [];
      }
    })
    .sort();
}

/** Takes stock of this machine. */
export function snapshotMachine(): MachineSnapshot {
  return {
    mounts: readFileSync("/proc/self/mountinfo", "utf8").split("\n").map((line) => line.split(" ").slice(3, 5).join(" ")).sort(),
    interfaces: lines("ip", ["-o", "link"]).map((line) => (line.split(":")[1] ?? "").trim()).sort(),
    namespaces: lines("ip", ["netns", "list"]),
    cgroups: cgroupFolders(),
    firewall: [...lines("iptables-save", []), ...lines("nft", ["list", "ruleset"])].filter((line) => !line.startsWith("#")),
    sets: lines("ipset", ["list", "-n"]),
    processes: engineProcesses(),
    files: habitualFolders.flatMap((folder) => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [])).sort(),
  };
}

/** What the second snapshot has that the first had not. */
export function leftBehind(before: MachineSnapshot, after: MachineSnapshot): string[] {
  return (Object.keys(before) as (keyof MachineSnapshot)[]).flatMap((kind) => {
    const known = [...before[kind]];
    return after[kind].flatMap((entry) => {
      const index = known.indexOf(entry);
      if (index < 0) return [`${kind}: ${entry}`];
      known.splice(index, 1);
      return [];
    });
  });
}
