import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { eventually } from "../../../support/cli";
import { NAMESPACE } from "../../support/region-under-test";
import type { RegionUnderTest } from "../../support/region-under-test";
import { processesOf } from "./processes";
import { podsOf } from "./workloads";

/** Room that the small volume has beyond what is in it, before it is filled. */
const ROOM_MIB = 48;
const GONE_WITHIN_MS = 60_000;

const BALLAST = ".ballast";

interface Volume {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly claimRef?: { readonly name: string }; readonly local?: { readonly path: string } };
}

/**
 * The volume of a store with one replica, exchanged for one that can be filled: volumes of a region on this machine have
 * no limit of their own. It is memory, mounted where the node sees the volume, and goes with the node at the latest.
 */
export class SmallVolume {
  readonly #region: RegionUnderTest;
  readonly #store: string;
  readonly #path: string;
  /** A process of the node: its mount namespace is where the volume is seen. */
  readonly #nodePid: number;

  private constructor(region: RegionUnderTest, store: string, path: string, nodePid: number) {
    this.#region = region;
    this.#store = store;
    this.#path = path;
    this.#nodePid = nodePid;
  }

  /** Stops the store, moves its data into a small volume and starts it again. */
  static async give(region: RegionUnderTest, store: string): Promise<SmallVolume> {
    const { items } = await region.kubectlJson<{ readonly items: readonly Volume[] }>("get", "persistentvolumes");
    const path = items.find(({ spec }) => spec.claimRef?.name === `data-${store}-0`)?.spec.local?.path;
    assert.ok(path !== undefined, `the claim data-${store}-0 has no volume on this machine`);
    const volume = new SmallVolume(region, store, path, await nodeProcess(region));
    await volume.#whileStopped(`
      small="$1.small"; mkdir "$small"
      mount -t tmpfs -o "size=$(( $(du -sm "$1" | cut -f1) + ${ROOM_MIB} ))m" tmpfs "$small"
      cp -a "$1/." "$small/"; chown --reference="$1" "$small"; chmod --reference="$1" "$small"
      mount --bind "$small" "$1"`);
    return volume;
  }

  /** Writes until nothing more fits. */
  async fill(): Promise<void> {
    await this.#onNode(`dd if=/dev/zero of="$1/${BALLAST}" bs=64k 2>/dev/null || test "$(df --output=avail "$1" | tail -1)" -eq 0`);
  }

  /** Makes room again. */
  async free(): Promise<void> {
    await this.#onNode(`rm -f "$1/${BALLAST}"`);
  }

  /** Gives the store its own volume back, with what it has written meanwhile. */
  async takeBack(): Promise<void> {
    await this.#whileStopped(`
      small="$1.small"; rm -f "$small/${BALLAST}"; umount "$1"
      find "$1" -mindepth 1 -delete; cp -a "$small/." "$1/"
      umount "$small"; rmdir "$small"`);
  }

  async #whileStopped(script: string): Promise<void> {
    await this.#scale(0);
    await eventually(`the end of ${this.#store}`, GONE_WITHIN_MS, async () => ((await podsOf(this.#region, this.#store)).length === 0 ? true : undefined));
    await this.#onNode(script);
    await this.#scale(1);
    await this.#region.untilReady(this.#store);
  }

  async #scale(replicas: number): Promise<void> {
    await this.#region.kubectl("scale", "statefulset", this.#store, "-n", NAMESPACE, `--replicas=${replicas}`);
  }

  async #onNode(script: string): Promise<void> {
    await promisify(execFile)("nsenter", ["--target", String(this.#nodePid), "--mount", "sh", "-euc", script, "sh", this.#path]);
  }
}

/** The runtime's shim of any container: it lives in the node's namespaces. */
async function nodeProcess(region: RegionUnderTest): Promise<number> {
  const [pod] = await podsOf(region, "edge");
  const [pid] = processesOf(pod?.status.containerStatuses?.[0]?.containerID ?? "");
  const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"))?.[1];
  assert.ok(parent !== undefined && parent !== "0", "no process of the node was found");
  return Number(parent);
}
