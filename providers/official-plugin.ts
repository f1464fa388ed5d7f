import { access, constants, readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/**
 * Where the official plugin of a provider is, if it can be found: on PATH, or in the plugin folder of PULUMI_HOME
 * (default ~/.pulumi) with the version the SDK asks for or a later one of the same major version.
 *
 * @param provider such as `tls`
 * @param wanted version of the SDK, such as `5.6.1`
 */
export async function findOfficialPlugin(provider: string, wanted: string, env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const program = `pulumi-resource-${provider}`;
  for (const directory of (env["PATH"] ?? "").split(delimiter).filter((path) => path !== "")) {
    const path = join(directory, program);
    if (await isExecutable(path)) return path;
  }
  const plugins = join(env["PULUMI_HOME"] ?? join(env["HOME"] ?? homedir(), ".pulumi"), "plugins");
  const prefix = `resource-${provider}-v`;
  for (const name of await readdir(plugins).catch(() => [])) {
    const found = name.startsWith(prefix) ? /^\d+\.\d+\.\d+$/.exec(name.slice(prefix.length))?.[0] : undefined;
    const path = join(plugins, name, program);
    if (found !== undefined && serves(found, wanted) && (await isExecutable(path))) return path;
  }
  return undefined;
}

function serves(found: string, wanted: string): boolean {
  const [have, want] = [found, wanted].map((version) => version.split(".").map(Number));
  const [major = 0, minor = 0, patch = 0] = have ?? [];
  const [wantMajor = 0, wantMinor = 0, wantPatch = 0] = want ?? [];
  return major === wantMajor && (minor > wantMinor || (minor === wantMinor && patch >= wantPatch));
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(() => true, () => false);
}
