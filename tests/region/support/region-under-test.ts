import assert from "node:assert/strict";
import { regionNames } from "../../../region";
import { cli, eventually, kubectlJson, requireExit } from "../../support/cli";
import type { CommandResult } from "../../support/cli";
import { leftBehind, snapshotMachine } from "../../support/machine";
import type { MachineSnapshot } from "../../support/machine";

export const NAMESPACE = "agentic-flow";

const ROLLOUT_TIMEOUT_MS = 180_000;

interface Workload {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly replicas?: number };
  readonly status: { readonly readyReplicas?: number };
}

/** Another region's containers come and go while these tests compare the machine before and after. */
export function requireQuietMachine(): void {
  const others = regionNames();
  assert.deepEqual(others, [], `other regions are here: take them down first, with npm run down -- --name ${others[0] ?? ""}`);
}

/** A real region that a test has stood up, as a user sees it. */
export class RegionUnderTest {
  readonly name: string;
  readonly flags: readonly string[];
  /** What `up` printed. */
  summary = "";
  #machine: MachineSnapshot | undefined;
  #entry = "";

  constructor(name: string) {
    this.name = name;
    this.flags = ["--name", name];
  }

  /** `http://address` of the entry. */
  get entry(): string {
    return this.#entry;
  }

  async standUp(): Promise<void> {
    requireExit(await cli(["down", ...this.flags]));
    requireQuietMachine();
    this.#machine = snapshotMachine();
    this.summary = requireExit(await cli(["up", ...this.flags])).stdout;
    this.#entry = /entry\s+(http:\/\/\S+)/.exec(this.summary)?.[1] ?? "";
    assert.notEqual(this.#entry, "", this.summary);
  }

  /** Takes it down and holds the machine against what it was before. */
  async takeDown(): Promise<void> {
    requireExit(await cli(["down", ...this.flags]));
    if (this.#machine !== undefined) assert.deepEqual(leftBehind(this.#machine, snapshotMachine()), []);
  }

  /** A request to the entry; a body is sent as JSON. */
  send(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const withBody = body === undefined ? { headers } : { body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } };
    return fetch(`${this.#entry}${path}`, { method, ...withBody, signal: AbortSignal.timeout(30_000) });
  }

  /** The JSON of an answer, which has to have this status. */
  async json<T>(method: string, path: string, status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<T> {
    const response = await this.send(method, path, body, headers);
    const text = await response.text();
    assert.equal(response.status, status, `${method} ${path}: ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  command(name: string, ...args: string[]): Promise<CommandResult> {
    return cli([name, ...this.flags, ...args]);
  }

  async kubectl(...args: string[]): Promise<CommandResult> {
    return requireExit(await cli(["kubectl", ...this.flags, ...args]));
  }

  kubectlJson<T>(...args: string[]): Promise<T> {
    return kubectlJson<T>(this.name, args);
  }

  /** Ends every pod of a workload at once, without grace. */
  async killPods(workload: string): Promise<void> {
    await this.kubectl("delete", "pods", "-n", NAMESPACE, "-l", `app.kubernetes.io/name=${workload}`, "--grace-period=0", "--force", "--wait=false");
  }

  /** Waits until all replicas of a workload are ready. */
  async untilReady(workload: string): Promise<void> {
    await eventually(`all replicas of ${workload}`, ROLLOUT_TIMEOUT_MS, async () => {
      const { items } = await this.kubectlJson<{ readonly items: readonly Workload[] }>("get", "deployments,statefulsets", "-n", NAMESPACE);
      const found = items.find(({ metadata }) => metadata.name === workload);
      return found !== undefined && (found.status.readyReplicas ?? 0) >= (found.spec.replicas ?? 1) ? true : undefined;
    });
  }
}
