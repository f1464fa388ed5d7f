import { setTimeout as delay } from "node:timers/promises";
import { loadBalancerController } from "../controllers/load-balancer";
import { runController } from "../controllers/loop";
import { volumeController } from "../controllers/volumes";
import { messageOf } from "../errors";
import { KubernetesClient } from "../kubernetes/client";
import { hasCondition, objectPath } from "../kubernetes/object";
import type { Conditioned, KubernetesObject, LateObject } from "../kubernetes/object";
import { regionMark } from "../marked-processes";
import { stages } from "../processes/daemon-spec";
import type { Stage } from "../processes/daemon-spec";
import type { RegionPlan } from "../processes/plan";
import { waitFor } from "../wait";
import { Daemon } from "./daemon";
import { setUpNetwork } from "./network";
import { writeStatus } from "./status";
import type { RegionStatus } from "./status";

const applyRetryMs = 200;
const nodePollMs = 200;
const deploymentPollMs = 1_000;
const statusIntervalMs = 250;
/** From this many ends on a process is reported: one or two happen when a process is ahead of what it needs. */
const failureThreshold = 3;

interface NodeObject extends Conditioned {
  readonly metadata: { readonly name: string };
}

/** Runs everything that a plan names, until `signal` fires. */
export class Supervisor {
  readonly #plan: RegionPlan;
  readonly #report: (line: string) => void;
  readonly #daemons: Daemon[];
  readonly #startedAt = new Date();
  #status: RegionStatus = { phase: "starting", step: "preparing", stagesReady: [], failing: [] };

  constructor(plan: RegionPlan, environment: NodeJS.ProcessEnv, report: (line: string) => void) {
    this.#plan = plan;
    this.#report = report;
    const surroundings = { environment: daemonEnvironment(plan, environment), workingDirectory: plan.temporaryDirectory, report };
    this.#daemons = plan.daemons.map((spec) => new Daemon(spec, { ...surroundings, logFile: `${plan.logDirectory}/${spec.name}.log` }));
  }

  /** Starts all and keeps it running; resolves when all has been stopped after `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    const ticker = setInterval(() => this.#noteFailures(), statusIntervalMs);
    const client = new KubernetesClient(this.#plan.api);
    try {
      await this.#start(client, signal);
      await Promise.all([
        ...this.#controllers(client).map((controller) => runController(controller, client, signal, this.#report)),
        ...this.#plan.lateObjects.map((late) => this.#applyLate(client, late, signal)),
      ]);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      clearInterval(ticker);
      client.close();
      // Newest first: etcd goes last, when nobody writes to it any more.
      for (const daemon of this.#daemons.toReversed()) await daemon.stop();
    }
  }

  /** Ends the start for good: what went wrong is for whoever waits. */
  fail(error: unknown): void {
    this.#update({ phase: "failed", error: messageOf(error) });
  }

  async #start(client: KubernetesClient, signal: AbortSignal): Promise<void> {
    if (this.#plan.network !== undefined) {
      this.#update({ step: "setting up the network" });
      await setUpNetwork(this.#plan.network, signal);
    }
    for (const stage of stages) {
      const daemons = this.#daemons.filter(({ spec }) => spec.stage === stage);
      this.#update({ step: `starting ${daemons.map(({ spec }) => spec.name).join(", ")}` });
      for (const daemon of daemons) daemon.start();
      // The last stage works on what is applied, and what is applied waits for the API server.
      await Promise.all([...daemons.map((daemon) => daemon.ready(signal)), ...(stage === "rest" ? [this.#applyAll(client, signal)] : [])]);
      this.#markReady(stage);
    }
    this.#update({ step: `waiting for ${this.#plan.nodes.length === 1 ? "the node" : "the nodes"}` });
    await this.#nodesReady(client, signal);
    this.#update({ phase: "ready", step: "running" });
  }

  #controllers(client: KubernetesClient) {
    const { entryAddress, reservedPorts, volumeDirectory, nodes } = this.#plan;
    return [loadBalancerController(client, entryAddress, reservedPorts), volumeController(client, volumeDirectory, nodes)];
  }

  async #applyAll(client: KubernetesClient, signal: AbortSignal): Promise<void> {
    for (const object of this.#plan.objects) await this.#apply(client, object, signal);
  }

  /** Until it is taken: just after its start the API server still makes its own namespaces and roles. */
  async #apply(client: KubernetesClient, object: KubernetesObject, signal: AbortSignal): Promise<void> {
    for (let told = ""; ; ) {
      try {
        await client.apply(object, signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        const message = `${object.kind} ${object.metadata.name} could not be applied: ${messageOf(error)}`;
        if (message !== told) this.#report(message);
        told = message;
        await delay(applyRetryMs, undefined, { signal });
      }
    }
  }

  async #applyLate(client: KubernetesClient, { afterDeployment, object }: LateObject, signal: AbortSignal): Promise<void> {
    const path = objectPath({ apiVersion: "apps/v1", kind: "Deployment", metadata: afterDeployment });
    await waitFor(async () => hasCondition(await client.get<Conditioned>(path, signal).catch(() => ({})), "Available"), { timeoutMs: Number.POSITIVE_INFINITY, everyMs: deploymentPollMs, signal });
    await this.#apply(client, object, signal);
  }

  async #nodesReady(client: KubernetesClient, signal: AbortSignal): Promise<void> {
    // A node that was ready when the region was killed still says so until its kubelet speaks again.
    const since = this.#plan.network === undefined ? undefined : this.#startedAt;
    await waitFor(async () => {
      const { items } = await client.list<NodeObject>("v1", "Node", signal).catch(() => ({ items: [] }));
      const ready = new Set(items.filter((node) => hasCondition(node, "Ready", since)).map(({ metadata }) => metadata.name));
      return this.#plan.nodes.every((node) => ready.has(node));
    }, { timeoutMs: Number.POSITIVE_INFINITY, everyMs: nodePollMs, signal });
  }

  #markReady(stage: Stage): void {
    this.#update({ stagesReady: [...this.#status.stagesReady, stage] });
  }

  #noteFailures(): void {
    const failing = this.#daemons.map((daemon) => daemon.failure(failureThreshold)).filter((failure) => failure !== undefined);
    if (JSON.stringify(failing) !== JSON.stringify(this.#status.failing)) this.#update({ failing });
  }

  #update(change: Partial<RegionStatus>): void {
    this.#status = { ...this.#status, ...change };
    if (change.step !== undefined) this.#report(change.step);
    writeStatus(this.#plan.statusFile, this.#status);
  }
}

/** What daemons see: the region's mark and folders, and nothing of the user's own. */
export function daemonEnvironment(plan: RegionPlan, own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries(Object.entries(own).filter(([name]) => name === regionMark || name === "LANG" || name === "TZ")),
    PATH: plan.searchPath.join(":"),
    HOME: plan.temporaryDirectory,
    TMPDIR: plan.temporaryDirectory,
  };
}
