import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { FoundRule } from "./definition";
import { isAtLeast } from "./prerequisites";
import { run } from "./run";

/** The first engine whose policy packs and protocol our program was run with. */
const oldestPulumi = "3.160.0";

/** An official CLI: its language host is of the same release and lies beside it. */
export const officialPulumi: FoundRule = {
  rule: `pulumi ${oldestPulumi} or later on PATH, with pulumi-language-nodejs beside it`,
  async find(lookup, signal) {
    const pulumi = lookup("pulumi");
    if (pulumi === undefined) return undefined;
    const languageHost = join(dirname(pulumi), "pulumi-language-nodejs");
    if (!existsSync(languageHost)) return undefined;
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
    const version = await run(pulumi, ["version"], { cwd: "/", env, signal }).catch(() => "0");
    return isAtLeast(version, oldestPulumi) ? { pulumi, "pulumi-language-nodejs": languageHost } : undefined;
  },
};

/** A provider that an official CLI has installed. Only the exact version that is pinned counts. */
export function installedKubernetesProvider(version: string): FoundRule {
  return {
    rule: `plugin kubernetes ${version} installed in PULUMI_HOME`,
    find() {
      const home = process.env["PULUMI_HOME"] || join(homedir(), ".pulumi");
      const path = join(home, "plugins", `resource-kubernetes-v${version}`, "pulumi-resource-kubernetes");
      return Promise.resolve(existsSync(path) ? { "pulumi-resource-kubernetes": path } : undefined);
    },
  };
}

/** Programs of the distribution, all or none: mixing releases of iptables mixes rule formats. */
export function allOnPath(names: readonly string[]): FoundRule {
  return {
    rule: `${names[0]} and its companions on PATH`,
    find(lookup) {
      const found = names.flatMap((name) => {
        const path = lookup(name);
        return path === undefined ? [] : [[name, path] as const];
      });
      return Promise.resolve(found.length === names.length ? Object.fromEntries(found) : undefined);
    },
  };
}
