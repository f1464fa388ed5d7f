import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { it } from "mocha";
import { services } from "../../../services";
import { repository } from "../../support/cli";
import type { RegionUnderTest } from "../support/region-under-test";

const TIMEOUT_MS = 120_000;

/** Statuses of each call go to a file of their own, because what curl prints is often assigned to a variable. */
const COUNTING_CURL = 'curl() { command curl --max-time 30 -w "%{stderr}status %{http_code}\\n" "$@"; }';

/** Fenced `sh` blocks of a README that call the entry. */
function blocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = ""]) => block).filter((block) => block.includes("$ENTRY"));
}

/** Every service's README does what it says: all its lines run, in order, and answer what its comments announce. */
export function readmes(region: RegionUnderTest): void {
  for (const { contract } of services) {
    const path = join(repository, "services", contract.name, "README.md");
    it(`does what the README of ${contract.name} shows`, async () => {
      assert.ok(existsSync(path), `${contract.name} has no README`);
      const script = blocks(readFileSync(path, "utf8"));
      assert.ok(script.length > 0, `the README of ${contract.name} has no \`sh\` block that calls $ENTRY`);
      const text = [COUNTING_CURL, ...script].join("\n");
      const env = { ...process.env, ENTRY: region.entry.replace("http://", "") };
      const { stdout, stderr } = await promisify(execFile)("sh", ["-eu", "-c", text], { env, timeout: TIMEOUT_MS }).catch((error: Error & { stdout?: string; stderr?: string }) => {
        throw new Error(`${error.message}\n${error.stdout ?? ""}\n${error.stderr ?? ""}`);
      });
      const announced = new Set([...text.matchAll(/^ *#.*$/gm)].flatMap(([comment]) => comment.match(/\b[2-5]\d\d\b/g) ?? []));
      const statuses = [...stderr.matchAll(/^status (\d+)$/gm)].map(([, status = ""]) => status);
      assert.ok(statuses.length > 0, "no call was made");
      const surprising = statuses.filter((status) => !status.startsWith("2") && !announced.has(status));
      assert.deepEqual(surprising, [], `statuses that no comment announces\n${stdout}\n${stderr}`);
    });
  }
}
