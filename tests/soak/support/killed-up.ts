import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { cli, killGroup, requireExit, startCli } from "../../support/cli";
import { inventoryOf } from "./inventory";
import type { Inventory } from "./inventory";

/** An `up` that nobody disturbed: what every other one is held against. */
export interface Undisturbed {
  readonly durationMs: number;
  readonly inventory: Inventory;
}

/** One kill and what came after it. */
export interface KillOutcome {
  readonly afterMs: number;
  /** The last step that the killed `up` had begun; `ended` when it was quicker than the kill. */
  readonly during: string;
  /** How long the `up` after it took. */
  readonly recoveryMs: number;
}

const simulated = (region: string): string[] => ["up", "--name", region, "--simulate"];

async function down(region: string): Promise<void> {
  requireExit(await cli(["down", "--name", region]));
}

/** Stands a simulated region up from nothing, looks at it and takes it down. */
export async function undisturbedUp(region: string): Promise<Undisturbed> {
  await down(region);
  const startedAt = Date.now();
  requireExit(await cli(simulated(region)));
  const durationMs = Date.now() - startedAt;
  const inventory = await inventoryOf(region);
  assert.equal(new Set(inventory.resources).size, inventory.resources.length, "a resource is in the state twice");
  await down(region);
  return { durationMs, inventory };
}

/** Moments spread evenly over a duration, none at its very ends: half a stretch after its beginning, and so on. */
export function killPoints(durationMs: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => Math.round(((index + 0.5) / count) * durationMs));
}

/**
 * Kills an `up` from nothing with SIGKILL, all of its processes at once, and holds what the next `up` makes of it
 * against one that nobody disturbed. The region is down before and afterwards.
 */
export async function killUp(region: string, afterMs: number, undisturbed: Undisturbed): Promise<KillOutcome> {
  await down(region);
  const started = startCli(simulated(region));
  await sleep(afterMs);
  killGroup(started.process);
  const { stdout, exitCode } = await started.result;
  const during = exitCode === 0 ? "ended" : ([...stdout.matchAll(/^\[\d\/\d\] ([^:\n]+)(?=:|$)/gm)].at(-1)?.[1] ?? "start");

  const startedAt = Date.now();
  requireExit(await cli(simulated(region)));
  const recoveryMs = Date.now() - startedAt;
  requireExit(await cli(["status", "--name", region]));
  assert.deepEqual(await inventoryOf(region), undisturbed.inventory, `after a kill at ${afterMs} ms, during '${during}'`);
  assert.match(requireExit(await cli(simulated(region))).stdout, /nothing changed/);
  await down(region);
  return { afterMs, during, recoveryMs };
}

/** One line of the record of a soak. */
export function describeKill({ afterMs, during, recoveryMs }: KillOutcome): string {
  return `killed after ${(afterMs / 1000).toFixed(1).padStart(5)} s, during ${during.padEnd(50)} up again in ${(recoveryMs / 1000).toFixed(1)} s`;
}
