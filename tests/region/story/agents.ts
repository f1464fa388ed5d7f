import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { it } from "mocha";
import { eventually } from "../../support/cli";
import { NAMESPACE } from "../support/region-under-test";
import type { RegionUnderTest } from "../support/region-under-test";

interface Agent {
  readonly id: string;
  readonly type: string;
  readonly state: string;
}

const AGENTS = "/api/v1/agents";

/** What a user does with agents, and what may happen meanwhile. */
export function agents(region: RegionUnderTest): void {
  const create = (metadata: Record<string, string> = {}): Promise<Response> =>
    region.send("POST", AGENTS, { type: "researcher", capabilities: ["search", "summarize"], metadata });

  it("creates, reads, moves, lists and deletes an agent through its entry", async () => {
    const created = await create({ owner: "tests" });
    assert.equal(created.status, 201);
    const agent = (await created.json()) as Agent;
    const read = await region.json<Agent>("GET", `${AGENTS}/${agent.id}`, 200);
    assert.deepEqual({ id: read.id, type: read.type, state: read.state }, { id: agent.id, type: "researcher", state: "pending" });

    await region.json("PUT", `${AGENTS}/${agent.id}/state`, 200, { state: "ready" });
    const illegal = await region.send("PUT", `${AGENTS}/${agent.id}/state`, { state: "pending" });
    assert.equal(illegal.status, 409);
    assert.match(illegal.headers.get("content-type") ?? "", /application\/problem\+json/);

    const listed = await region.json<{ readonly agents: readonly Agent[] }>("GET", `${AGENTS}?capability=summarize&limit=100`, 200);
    assert.ok(listed.agents.some(({ id }) => id === agent.id));
    await region.json("DELETE", `${AGENTS}/${agent.id}`, 204);
    await region.json("GET", `${AGENTS}/${agent.id}`, 404);
  });

  it("answers a problem document where nothing is published", async () => {
    const response = await region.send("GET", "/nowhere");
    assert.equal(response.status, 404);
    assert.match(response.headers.get("content-type") ?? "", /application\/problem\+json/);
  });

  it("runs the curl line it prints", async () => {
    const { stdout } = await region.command("status");
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
    await region.killPods("agent");
    const atKill = acknowledged.length;
    await eventually("a hundred more agents", 120_000, () => Promise.resolve(acknowledged.length >= atKill + 100 ? true : undefined));
    stop = true;
    await loop;
    for (const id of acknowledged) assert.equal((await region.send("GET", `${AGENTS}/${id}`)).status, 200, `agent ${id} was acknowledged and is gone`);
    console.log(`      ${acknowledged.length} agents acknowledged, ${failures} requests failed while no pod was there, none lost`);
  });

  it("keeps its agents when the store's pod is deleted", async () => {
    const agent = (await (await create()).json()) as Agent;
    await region.kubectl("delete", "pod", "-n", NAMESPACE, "-l", "app.kubernetes.io/name=etcd", "--wait=true");
    await eventually("the agent again", 120_000, async () => ((await region.send("GET", `${AGENTS}/${agent.id}`)).status === 200 ? true : undefined));
  });

  it("drops no request while the service is rolled", async () => {
    let stop = false;
    const outcomes = new Map<number | string, number>();
    const workers = Array.from({ length: 4 }, async () => {
      while (!stop) {
        const outcome = await region.send("GET", `${AGENTS}?limit=1`).then((response) => response.arrayBuffer().then(() => response.status), (error: unknown) => String(error));
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    });
    await region.kubectl("rollout", "restart", "-n", NAMESPACE, "deployment", "-l", "app.kubernetes.io/name=agent");
    await region.kubectl("rollout", "status", "-n", NAMESPACE, "deployment", "-l", "app.kubernetes.io/name=agent", "--timeout=180s");
    stop = true;
    await Promise.all(workers);
    assert.deepEqual([...outcomes.keys()], [200], JSON.stringify([...outcomes]));
  });
}
