import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { regionDirectory } from "../../cli/deployment";
import { findRegion, regionNames } from "../../region";
import { cli, eventually, killGroup, kubectlJson, requireExit, startCli } from "../support/cli";
import { withMoreAgents } from "../support/stack-file";
import { leftBehind, snapshotMachine } from "../support/machine";
import type { MachineSnapshot } from "../support/machine";

const region = "region-test";
const flags = ["--name", region];
const namespace = "agentic-flow";

interface Agent {
  readonly id: string;
  readonly type: string;
  readonly state: string;
}

interface PodList {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly uid: string }; readonly spec: { readonly containers: readonly { readonly image: string }[] } }[];
}

/** Every file of an etcd's data folder: the database and its write-ahead log. */
function storeFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** A pod that asks the agent service for one page and succeeds only when it gets it. */
function probePod(name: string, image: string): object {
  // The policy agent needs a moment to learn of a new pod, so one refusal says nothing.
  const script = `(async () => {
    for (let attempt = 0; attempt < 15; attempt += 1) {
      const answered = await fetch("http://agent:8080/api/v1/agents?limit=1", { signal: AbortSignal.timeout(1500) }).then((response) => response.ok, (error) => (console.error(error.cause ?? error), false));
      if (answered) process.exit(0);
      await new Promise((wake) => setTimeout(wake, 1000));
    }
    process.exit(1);
  })()`;
  return {
    spec: {
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name,
          image,
          command: ["/usr/local/bin/node", "-e", script],
          resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, readOnlyRootFilesystem: true },
        },
      ],
    },
  };
}

function kubectl(...args: string[]): ReturnType<typeof cli> {
  return cli(["kubectl", ...flags, ...args]);
}

/** Another region's containers come and go while these tests compare the machine before and after. */
function requireQuietMachine(): void {
  const others = regionNames();
  assert.deepEqual(others, [], `other regions are here: take them down first, with npm run down -- --name ${others[0] ?? ""}`);
}

/** The user story of a region, on real containers. Needs root on Linux. */
describe("a region on this machine", function () {
  this.timeout(600_000);
  let machine: MachineSnapshot;
  let entry = "";

  const api = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`${entry}/api/v1/agents${path}`, { ...init, headers: init?.body === undefined ? {} : { "content-type": "application/json" }, signal: AbortSignal.timeout(10_000) });
  const create = (metadata: Record<string, string> = {}): Promise<Response> =>
    api("", { method: "POST", body: JSON.stringify({ type: "researcher", capabilities: ["search", "summarize"], metadata }) });

  before(async () => {
    requireExit(await cli(["down", ...flags]));
    requireQuietMachine();
    machine = snapshotMachine();
    const { stdout } = requireExit(await cli(["up", ...flags]));
    entry = /entry\s+(http:\/\/\S+)/.exec(stdout)?.[1] ?? "";
    assert.notEqual(entry, "", stdout);
    assert.match(stdout, /agent\s+Deployment\s+2\/2/);
    assert.match(stdout, /took\s+\d/);
  });

  after(async () => {
    requireExit(await cli(["down", ...flags]));
    assert.deepEqual(leftBehind(machine, snapshotMachine()), []);
  });

  it("creates, reads, moves, lists and deletes an agent through its entry", async () => {
    const created = await create({ owner: "tests" });
    assert.equal(created.status, 201);
    const agent = (await created.json()) as Agent;
    const read = (await (await api(`/${agent.id}`)).json()) as Agent;
    assert.deepEqual({ id: read.id, type: read.type, state: read.state }, { id: agent.id, type: "researcher", state: "pending" });

    assert.equal((await api(`/${agent.id}/state`, { method: "PUT", body: JSON.stringify({ state: "ready" }) })).status, 200);
    const illegal = await api(`/${agent.id}/state`, { method: "PUT", body: JSON.stringify({ state: "pending" }) });
    assert.equal(illegal.status, 409);
    assert.match(illegal.headers.get("content-type") ?? "", /application\/problem\+json/);

    const listed = (await (await api("?capability=summarize&limit=100")).json()) as { readonly agents: readonly Agent[] };
    assert.ok(listed.agents.some(({ id }) => id === agent.id));
    assert.equal((await api(`/${agent.id}`, { method: "DELETE" })).status, 204);
    assert.equal((await api(`/${agent.id}`)).status, 404);
  });

  it("answers a problem document where nothing is published", async () => {
    const response = await fetch(`${entry}/nowhere`);
    assert.equal(response.status, 404);
    assert.match(response.headers.get("content-type") ?? "", /application\/problem\+json/);
  });

  it("runs the curl line it prints", async () => {
    const { stdout } = requireExit(await cli(["status", ...flags]));
    const line = /try\s+(curl .*)/.exec(stdout)?.[1] ?? "false";
    const agent = JSON.parse(execFileSync("sh", ["-c", line], { encoding: "utf8" })) as Agent;
    assert.equal(agent.state, "pending");
  });

  it("loses no acknowledged agent when every pod of the service is killed", async () => {
    const acknowledged: string[] = [];
    let failures = 0;
    let stop = false;
    const loop = (async () => {
      while (!stop) {
        try {
          const response = await create();
          if (response.status === 201) acknowledged.push(((await response.json()) as Agent).id);
          else failures += 1;
        } catch {
          failures += 1;
        }
      }
    })();
    await eventually("a hundred agents", 60_000, () => Promise.resolve(acknowledged.length >= 100 ? true : undefined));
    requireExit(await kubectl("delete", "pods", "-n", namespace, "-l", "app.kubernetes.io/name=agent", "--grace-period=0", "--force", "--wait=false"));
    const atKill = acknowledged.length;
    await eventually("a hundred more agents", 120_000, () => Promise.resolve(acknowledged.length >= atKill + 100 ? true : undefined));
    stop = true;
    await loop;
    for (const id of acknowledged) assert.equal((await api(`/${id}`)).status, 200, `agent ${id} was acknowledged and is gone`);
    console.log(`      ${acknowledged.length} agents acknowledged, ${failures} requests failed while no pod was there, none lost`);
  });

  it("keeps its agents when the store's pod is deleted", async () => {
    const agent = (await (await create()).json()) as Agent;
    requireExit(await kubectl("delete", "pod", "-n", namespace, "-l", "app.kubernetes.io/name=etcd", "--wait=true"));
    await eventually("the agent again", 120_000, async () => ((await api(`/${agent.id}`)).status === 200 ? true : undefined));
  });

  it("drops no request while the service is rolled", async () => {
    let stop = false;
    const outcomes = new Map<number | string, number>();
    const workers = Array.from({ length: 4 }, async () => {
      while (!stop) {
        const outcome = await api("?limit=1").then((response) => response.arrayBuffer().then(() => response.status), (error: unknown) => String(error));
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    });
    requireExit(await kubectl("rollout", "restart", "-n", namespace, "deployment", "-l", "app.kubernetes.io/name=agent"));
    requireExit(await kubectl("rollout", "status", "-n", namespace, "deployment", "-l", "app.kubernetes.io/name=agent", "--timeout=180s"));
    stop = true;
    await Promise.all(workers);
    assert.deepEqual([...outcomes.keys()], [200], JSON.stringify([...outcomes]));
  });

  it("keeps Secrets encrypted in the API server's own store", async () => {
    const marker = `plaintext-marker-${Date.now()}`;
    requireExit(await kubectl("create", "secret", "generic", "marker", "-n", "default", `--from-literal=value=${marker}`));
    requireExit(await kubectl("create", "configmap", "marker", "-n", "default", `--from-literal=value=${marker}-config`));
    const files = storeFiles(join(regionDirectory(region), "etcd"));
    const raw = Buffer.concat(files.map((file) => readFileSync(file)));
    assert.ok(raw.includes(`${marker}-config`), "the raw store was not found: the ConfigMap is not in it");
    assert.equal(raw.toString("latin1").split(marker).length - 1, raw.toString("latin1").split(`${marker}-config`).length - 1);
  });

  it("lets only who may talk to the service talk to it", async () => {
    const pods = await kubectlJson<PodList>(region, ["get", "pods", "-n", namespace, "-l", "app.kubernetes.io/name=agent"]);
    const image = pods.items[0]?.spec.containers[0]?.image ?? "";
    const reach = async (name: string, labels: string): Promise<string> => {
      requireExit(await kubectl("run", name, "-n", namespace, `--image=${image}`, "--restart=Never", `--labels=${labels}`, `--overrides=${JSON.stringify(probePod(name, image))}`));
      const { status } = await eventually(`the end of ${name}`, 120_000, async () => {
        const pod = await kubectlJson<{ readonly status: { readonly phase: string } }>(region, ["get", "pod", name, "-n", namespace]);
        return ["Succeeded", "Failed"].includes(pod.status.phase) ? pod : undefined;
      });
      return status.phase;
    };
    assert.equal(await reach("stranger", "app=stranger"), "Failed");
    assert.equal(await reach("like-the-edge", "app.kubernetes.io/name=edge"), "Succeeded");
    requireExit(await kubectl("delete", "pod", "-n", namespace, "stranger", "like-the-edge", "--wait=false"));
  });

  it("measures its pods, so that autoscaling has what it needs", async () => {
    await eventually("a measured HPA", 120_000, async () => {
      const { items } = await kubectlJson<{ readonly items: readonly { readonly status?: { readonly currentMetrics?: readonly { readonly resource?: { readonly current: { readonly averageUtilization?: number } } }[] } }[] }>(region, ["get", "hpa", "-n", namespace]);
      const measured = items.every(({ status }) => (status?.currentMetrics ?? []).some((metric) => metric.resource?.current.averageUtilization !== undefined));
      return items.length > 0 && measured ? true : undefined;
    });
  });

  it("shows status and logs", async () => {
    const logs = requireExit(await cli(["logs", ...flags, "agent", "--tail", "5"]));
    assert.match(logs.stdout, /"level"|"msg"/);
    assert.match((await cli(["logs", ...flags, "nobody"])).stderr, /there is no service 'nobody'.*agent/);
  });

  it("changes nothing at a second up, and only what depends on it after an edit", async () => {
    assert.match(requireExit(await cli(["up", ...flags])).stdout, /nothing changed/);
    const configFile = join(tmpdir(), `agentic-flow-edited-${process.pid}.yaml`);
    writeFileSync(configFile, withMoreAgents());
    assert.match(requireExit(await cli(["up", ...flags, "--config-file", configFile])).stdout, /deploy: 1 update, \d+ same|deploy: \d+ same, 1 update/);
  });

  it("runs beside a second region", async () => {
    const second = "region-second";
    try {
      requireExit(await cli(["up", "--name", second]));
      const { stdout } = requireExit(await cli(["status", "--name", second]));
      const other = /entry\s+(http:\/\/\S+)/.exec(stdout)?.[1];
      assert.notEqual(other, entry);
      assert.equal((await fetch(`${other}/api/v1/agents?limit=1`)).status, 200);
      assert.equal((await api("?limit=1")).status, 200);
    } finally {
      requireExit(await cli(["down", "--name", second]));
    }
  });
});

/** On a machine without any region, so that all that is found afterwards was left behind. */
describe("a killed up", function () {
  this.timeout(600_000);
  const killed = "region-killed";
  let machine: MachineSnapshot;

  before(() => {
    requireQuietMachine();
    machine = snapshotMachine();
  });

  for (const afterwards of ["up", "down"] as const) {
    it(`is followed by ${afterwards}, and nothing is left after down`, async () => {
      const started = startCli(["up", "--name", killed]);
      await eventually("a control plane", 120_000, async () => ((await findRegion(killed)) === undefined ? undefined : true));
      killGroup(started.process);
      await started.result;
      if (afterwards === "up") {
        requireExit(await cli(["up", "--name", killed]));
        requireExit(await cli(["status", "--name", killed]));
      }
      requireExit(await cli(["down", "--name", killed]));
      assert.deepEqual(leftBehind(machine, snapshotMachine()), []);
    });
  }
});
