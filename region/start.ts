import { existsSync, rmSync } from "node:fs";
import { allocate } from "./allocate";
import { createCgroups } from "./cgroups";
import { clearMachine } from "./clear";
import { Layout, nodeRoot, regionDirectory } from "./directory";
import { RegionError, systemCode } from "./errors";
import { handleOf, loopback } from "./find";
import { requireSpace } from "./free-space";
import { importImage } from "./import-image";
import { launchNode, launchSimulated, namespacesFailed } from "./launch";
import { withLock } from "./lock";
import { checkName } from "./name";
import { networkOf } from "./network/addresses";
import { attachVeth } from "./network/veth";
import { overlayWorks } from "./overlay";
import { hashFiles, prepareFiles, writeFiles } from "./prepare";
import { requireNodePrerequisites } from "./prerequisites";
import { isAlive } from "./process-identity";
import { checkSameKind, readRecord, writeRecord } from "./record";
import type { RegionRecord } from "./record";
import { binariesOf, nodePorts, nodesOf } from "./settings";
import type { RegionSettings } from "./settings";
import { readStatus } from "./supervisor/status";
import type { RegionHandle, StartOptions } from "./types";
import { apiAnswers, dnsReady, stageReady, untilReady } from "./until-ready";

/** Time for a region that is started again with other settings to close its data properly. */
const restartGraceMs = 20_000;
/** Folders of the machine's own commands (mount, ip, sh), behind the toolchain's. */
const systemPath = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/**
 * Starts a region and waits until it works; resolves at once when it runs already with the same settings.
 *
 * A region that was killed, in whatever state, starts again with its data. One that runs with other settings (other
 * binaries, other add-on images) is started again with its data; another mode or port is an error (`different-settings`).
 * Other errors: `bad-input`, `prerequisite` (all at once), `port-in-use`, `disk-full`, `start-failed` (with the end of the failing
 * process's log). After an error nothing of the region runs; what was new is removed, except logs that tell why.
 */
export async function startRegion(options: StartOptions): Promise<RegionHandle> {
  checkName(options.name);
  checkNodeOptions(options);
  if (options.mode === "node") await requireNodePrerequisites(options.signal);
  const here = new Layout(regionDirectory(options.name));
  return withLock(here.root, () => start(here, options), {
    signal: options.signal,
    onWait: () => options.onProgress?.(`waiting for another command that works on the region '${options.name}'`),
  });
}

function checkNodeOptions({ mode, addonImages, apiPort }: StartOptions): void {
  if (mode !== "node") return;
  const problems: string[] = [];
  if (addonImages === undefined) problems.push("addonImages is missing: mode 'node' needs references of pause, coredns and metricsServer");
  if (apiPort !== undefined) problems.push(`apiPort is ${apiPort}: in mode 'node' the API server has an address of its own and listens on ${nodePorts.api}; leave the port out`);
  if (problems.length > 0) throw new RegionError("bad-input", problems);
}

async function start(here: Layout, options: StartOptions): Promise<RegionHandle> {
  const before = readRecord(here);
  if (before !== undefined) checkSameKind(before, options);
  if (before?.main !== undefined && isAlive(before.main)) {
    const files = await prepareFiles(await settingsOf(before, options), here);
    const isSame = hashFiles(files) === before.settingsHash;
    // One that still starts is waited for; one that was ready must be reachable, which somebody's network tool may have ended.
    const isReady = readStatus(here.status)?.phase === "ready";
    if (isSame && (!isReady || (await apiAnswers(here, handleOf(before, here), before, options)))) return finish(here, before, options);
    options.onProgress?.(`the region ${isSame ? "does not answer" : "has other settings now"}: starting it again with its data`);
  }
  const isNew = !existsSync(here.root);
  requireSpace(here.root, options.mode);
  await clearMachine(here, before, restartGraceMs);
  let record = before;
  try {
    record = await allocate(here, options, before);
    const files = await prepareFiles(await settingsOf(record, options), here);
    writeFiles(files, here);
    rmSync(here.status, { force: true });
    record = await launch(here, { ...record, settingsHash: hashFiles(files) }, options.signal);
    return await finish(here, record, options);
  } catch (error) {
    await clearMachine(here, readRecord(here) ?? record, 0);
    // A failure of a process is explained by its log; all others leave nothing worth keeping.
    const explained = error instanceof RegionError && error.code === "start-failed";
    if (isNew && !explained) rmSync(here.root, { recursive: true, force: true });
    if (systemCode(error) === "ENOSPC") throw new RegionError("disk-full", `no space is left on the disk of ${here.root}: free some, or set AGENTIC_FLOW_CACHE to a folder on another disk`, { cause: error });
    throw error;
  }
}

/** Starts the supervisor; whatever it makes on this machine is in the record before it is made. */
async function launch(here: Layout, prepared: RegionRecord, signal: AbortSignal | undefined): Promise<RegionRecord> {
  if (prepared.slot === undefined) {
    const record = { ...prepared, main: launchSimulated(here) };
    writeRecord(here, record);
    return record;
  }
  const cgroups = createCgroups(`agentic-flow-${prepared.name}-${prepared.slot}`);
  const withGroups = { ...prepared, cgroups: cgroups.groups };
  writeRecord(here, withGroups);
  const main = await launchNode(here, nodesOf(prepared.name, "node")[0]?.name ?? prepared.name, cgroups, signal);
  const record = { ...withGroups, main };
  writeRecord(here, record);
  try {
    await attachVeth(networkOf(prepared.slot), main.pid, signal);
  } catch (error) {
    throw isAlive(main) ? error : namespacesFailed(here, error);
  }
  return record;
}

/** Brings images in as soon as the runtime takes them, and waits for everything. */
async function finish(here: Layout, record: RegionRecord, options: StartOptions): Promise<RegionHandle> {
  const handle = handleOf(record, here);
  const { tools, archives = [], signal } = options;
  const importAll = async (): Promise<void> => {
    if (archives.length === 0) return;
    await stageReady(here, record, "storage", options);
    for (const archive of archives) await importImage(handle, tools, archive, signal);
  };
  await Promise.all([importAll(), untilReady(here, record, options)]);
  if (record.mode === "node" && archives.length > 0) await dnsReady(here, handle, record, options);
  return handle;
}

/** Everything the region's processes are started with. */
async function settingsOf(record: RegionRecord, options: StartOptions): Promise<RegionSettings> {
  const { name, mode, tools, addonImages } = options;
  const common = { name, nodes: nodesOf(name, mode), binaries: binariesOf(mode, tools), searchPath: [...tools.dirsForPath(), ...systemPath] };
  if (record.ports !== undefined) {
    return { ...common, mode: "simulated", layout: new Layout(regionDirectory(name)), apiAddress: loopback, ports: record.ports };
  }
  if (addonImages === undefined || record.slot === undefined) throw new RegionError("bad-input", `${new Layout(regionDirectory(name)).record} is broken: stop the region and start it anew`);
  const network = networkOf(record.slot);
  return {
    ...common,
    mode: "node",
    layout: new Layout(nodeRoot),
    apiAddress: network.nodeAddress,
    prefixLength: network.prefixLength,
    ports: nodePorts,
    images: addonImages,
    snapshotter: (await overlayWorks(regionDirectory(name), options.signal)) ? "overlayfs" : "native",
  };
}
