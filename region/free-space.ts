import { existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { RegionError } from "./errors";
import type { RegionMode } from "./types";

const mebibyte = 1024 * 1024;
/** What a region writes in its first minutes: etcd's logs are allocated ahead, and a node unpacks its images. */
const neededBytes: Record<RegionMode, number> = { simulated: 256 * mebibyte, node: 1024 * mebibyte };

/** Free bytes on the disk on which `path` is, or would be. */
export function freeBytes(path: string): number {
  let existing = path;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = statfsSync(existing);
  return bavail * bsize;
}

/** Fails while nothing has been made when the disk cannot hold a region of that mode. */
export function requireSpace(path: string, mode: RegionMode, free: number = freeBytes(path)): void {
  if (free >= neededBytes[mode]) return;
  throw new RegionError("disk-full", `${Math.floor(free / mebibyte)} MiB are free on the disk of ${path}: a region in mode '${mode}' needs ${neededBytes[mode] / mebibyte} MiB; free some, or set AGENTIC_FLOW_CACHE to a folder on another disk`);
}
