import { readIfThere, writePrivateFile } from "../files";
import type { Stage } from "../processes/daemon-spec";

/** A process that ended more often than a start can explain. */
export interface FailingDaemon {
  readonly name: string;
  readonly ends: number;
  readonly lastEnd: string;
  readonly lastLines: readonly string[];
}

/** `status.json`: what the supervisor tells whoever waits for the region. */
export interface RegionStatus {
  readonly phase: "starting" | "ready" | "failed";
  /** What is being waited for, for people. */
  readonly step: string;
  /** Stages of which every process answers. */
  readonly stagesReady: readonly Stage[];
  readonly failing: readonly FailingDaemon[];
  /** Set with phase `failed`: what cannot be mended by waiting. */
  readonly error?: string;
}

export function readStatus(path: string): RegionStatus | undefined {
  const text = readIfThere(path);
  if (text === undefined || text === "") return undefined;
  return JSON.parse(text) as RegionStatus;
}

export function writeStatus(path: string, status: RegionStatus): void {
  writePrivateFile(path, JSON.stringify(status));
}
