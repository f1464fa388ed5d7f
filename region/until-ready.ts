import type { Layout } from "./directory";
import { RegionError } from "./errors";
import { readIfThere } from "./files";
import { KubernetesClient } from "./kubernetes/client";
import { hasCondition, objectPath } from "./kubernetes/object";
import type { Conditioned } from "./kubernetes/object";
import { isAlive } from "./process-identity";
import type { Stage } from "./processes/daemon-spec";
import type { RegionRecord } from "./record";
import { nodePorts } from "./settings";
import { readStatus } from "./supervisor/status";
import type { FailingDaemon, RegionStatus } from "./supervisor/status";
import type { RegionHandle, StartOptions } from "./types";
import { waitFor, withTimeout } from "./wait";

const readyTimeoutMs = 180_000;
const addonTimeoutMs = 180_000;
const pollMs = 50;
const apiPollMs = 250;
/** How long the API server of a region that runs may be away. */
const answerTimeoutMs = 10_000;
const shownLines = 12;

type Waiter = Pick<StartOptions, "signal" | "onProgress">;

/** Waits until the supervisor says that all works; fails with the log of a process that does not come up. */
export async function untilReady(here: Layout, record: RegionRecord, options: Waiter): Promise<void> {
  await untilStatus(here, record, (status) => status.phase === "ready", options);
}

/** Waits until all processes of a stage answer. */
export async function stageReady(here: Layout, record: RegionRecord, stage: Stage, { signal }: Waiter): Promise<void> {
  await untilStatus(here, record, (status) => status.stagesReady.includes(stage), { signal });
}

async function untilStatus(here: Layout, record: RegionRecord, holds: (status: RegionStatus) => boolean, { signal, onProgress }: Waiter): Promise<void> {
  let step = "";
  const done = await waitFor(() => {
    const status = readStatus(here.status);
    if (status !== undefined && holds(status)) return true;
    if (status !== undefined) failOn(here, status);
    if (record.main === undefined || !isAlive(record.main)) throw new RegionError("start-failed", `the region's supervisor ended while the region was starting; ${endOf(here, "start")}; ${endOf(here, "supervisor")}`);
    if (status !== undefined && status.step !== step) onProgress?.((step = status.step));
    return false;
  }, { timeoutMs: readyTimeoutMs, everyMs: pollMs, signal });
  if (done === undefined) throw new RegionError("start-failed", `the region was not ready within ${readyTimeoutMs / 1000} s (last step: ${step || "none"}); ${endOf(here, "supervisor")}`);
}

function failOn(here: Layout, status: RegionStatus): void {
  if (status.phase === "failed") throw new RegionError("start-failed", `the region did not start: ${status.error ?? "no reason given"}; see ${here.log("supervisor")}`);
  if (status.phase === "starting" && status.failing.length > 0) throw new RegionError("start-failed", status.failing.map((daemon) => describe(here, daemon)));
}

function describe(here: Layout, { name, ends, lastEnd, lastLines }: FailingDaemon): string {
  return `${name} ended ${ends} times while the region was starting (last: ${lastEnd}); its log ${here.log(name)} ends with:\n${lastLines.map((line) => `    ${line}`).join("\n")}`;
}

function endOf(here: Layout, log: string): string {
  const lines = readIfThere(here.log(log))?.trim().split("\n").filter((line) => line !== "").slice(-shownLines) ?? [];
  return lines.length === 0 ? `${here.log(log)} is empty` : `${here.log(log)} ends with:\n${lines.map((line) => `    ${line}`).join("\n")}`;
}

/** Whether the API server of a region that should be ready can be reached from here; one that its supervisor starts again gets a moment. */
export async function apiAnswers(here: Layout, handle: RegionHandle, record: RegionRecord, { signal }: Waiter): Promise<boolean> {
  const client = clientOf(here, handle, record);
  try {
    const ready = await waitFor(() => client.get<string>("/readyz", withTimeout(answerTimeoutMs, signal)).then(() => true, () => false), { timeoutMs: answerTimeoutMs, everyMs: apiPollMs, signal });
    return ready === true;
  } finally {
    client.close();
  }
}

/** Waits until cluster DNS answers, without which nothing that is deployed works. Metrics follow by themselves, some 20 s later. */
export async function dnsReady(here: Layout, handle: RegionHandle, record: RegionRecord, { signal, onProgress }: Waiter): Promise<void> {
  const client = clientOf(here, handle, record);
  const path = objectPath({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "coredns", namespace: "kube-system" } });
  try {
    onProgress?.("waiting for cluster DNS");
    const done = await waitFor(async () => hasCondition(await client.get<Conditioned>(path, signal).catch(() => ({})), "Available"), { timeoutMs: addonTimeoutMs, everyMs: apiPollMs, signal });
    if (done === undefined) throw new RegionError("start-failed", `cluster DNS was not available within ${addonTimeoutMs / 1000} s; ${endOf(here, "kubelet")}`);
  } finally {
    client.close();
  }
}

function clientOf(here: Layout, handle: RegionHandle, record: RegionRecord): KubernetesClient {
  return new KubernetesClient({
    url: `https://${handle.entryAddress}:${record.ports?.api ?? nodePorts.api}`,
    caFile: here.pki("cluster-ca.crt"),
    certificateFile: here.pki("admin.crt"),
    keyFile: here.pki("admin.key"),
  });
}
