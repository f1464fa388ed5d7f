import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "mocha";
import { requireExit } from "../../support/cli";
import { NAMESPACE } from "../support/region-under-test";
import type { RegionUnderTest } from "../support/region-under-test";

const AGENTS = "/api/v1/agents";

/** Fill, back up, destroy, restore, compare. */
export function backup(region: RegionUnderTest): void {
  const directory = join(mkdtempSync(join(tmpdir(), "region-backup-")), "backup");

  after(() => rmSync(join(directory, ".."), { recursive: true, force: true }));

  const sql = async (statement: string): Promise<string> =>
    (await region.kubectl("exec", "-n", NAMESPACE, "postgres-0", "--", "psql", "--host=/tmp/postgres", "--username=postgres", "--tuples-only", "--no-align", "--dbname=agentic_flow", `--command=${statement}`)).stdout.trim();
  const redis = async (command: string): Promise<string> => {
    const client = "REDISCLI_AUTH=$(cat /etc/redis/users/operator-password) redis-cli --user operator --no-auth-warning --tls --cacert /etc/redis/tls/ca.crt";
    return (await region.kubectl("exec", "-n", NAMESPACE, "redis-0", "--", "/bin/sh", "-c", `${client} ${command}`)).stdout.trim();
  };
  const agentIds = async (): Promise<string[]> => (await region.json<{ readonly agents: readonly { readonly id: string }[] }>("GET", `${AGENTS}?limit=100`, 200)).agents.map(({ id }) => id).sort();

  it("brings back what every store held, and nothing that came later", async () => {
    for (let index = 0; index < 5; index++) await region.json("POST", AGENTS, 201, { type: "researcher", capabilities: [], metadata: { index: String(index) } });
    await sql("create table if not exists public.backup_test (value vector(3)); insert into public.backup_test values ('[1,2,3]')");
    await redis("set memory:backup-test kept ex 3600");
    const agents = await agentIds();
    requireExit(await region.command("backup", "--out", directory));

    for (const id of agents) await region.json("DELETE", `${AGENTS}/${id}`, 204);
    await region.json("POST", AGENTS, 201, { type: "researcher", capabilities: [], metadata: { later: "yes" } });
    await sql("drop table public.backup_test; create table public.later ()");
    await redis("set memory:backup-test changed");

    requireExit(await region.command("restore", "--from", directory, "--yes"));
    for (const workload of ["etcd", "postgres", "redis", "agent", "edge"]) await region.untilReady(workload);
    assert.deepEqual(await agentIds(), agents);
    assert.equal(await sql("select value::text from public.backup_test"), "[1,2,3]");
    assert.equal(await sql("select to_regclass('public.later') is null"), "t");
    assert.equal(await redis("get memory:backup-test"), "kept");
    requireExit(await region.command("status"));
  });

  it("refuses a damaged backup and changes nothing", async () => {
    const agents = await agentIds();
    writeFileSync(join(directory, "redis.rdb"), Buffer.concat([readFileSync(join(directory, "redis.rdb")), Buffer.from("x")]));
    const { stderr } = requireExit(await region.command("restore", "--from", directory, "--yes"), 1);
    assert.match(stderr, /'redis.rdb' is not what was backed up[\s\S]*nothing was changed/);
    assert.deepEqual(await agentIds(), agents);
  });
}
