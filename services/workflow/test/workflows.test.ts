import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { WORKFLOWS } from "../contract";
import { startRig } from "./support/rig";
import type { Api, Rig } from "./support/rig";

const SLOW_TEST_MS = 60_000;
const PARALLEL = 20;

describe("definitions, on a real PostgreSQL", function () {
  this.timeout(SLOW_TEST_MS);
  let rig: Rig;
  let api: Api;

  before(async function () {
    const started = await startRig();
    if (started === undefined) this.skip();
    rig = started;
    api = rig.api;
  });
  after(() => rig?.stop());

  const steps = (seconds: number): object[] => [{ name: "pause", kind: "sleep", seconds }];

  it("are versions of their name, made once for the same steps, and never change", async () => {
    const name = `w-${randomUUID()}`;
    const first = await api.send("POST", WORKFLOWS, { name, steps: steps(1) });
    const second = await api.send("POST", WORKFLOWS, { name, steps: steps(2) });
    const again = await api.send("POST", WORKFLOWS, { steps: [{ seconds: 1, kind: "sleep", name: "pause" }], name });
    assert.deepEqual([first.status, second.status, again.status], [201, 201, 200]);
    assert.deepEqual([first.body["version"], second.body["version"], again.body.id], [1, 2, first.body.id]);
    assert.deepEqual((await api.send("GET", first.headers.get("location") ?? "")).body, first.body);
  });

  it("get numbers without gaps when many are stored at once", async () => {
    const name = `w-${randomUUID()}`;
    const made = await Promise.all(Array.from({ length: PARALLEL }, (_, index) => api.send("POST", WORKFLOWS, { name, steps: steps(1 + (index % 10)) })));
    assert.deepEqual([...new Set(made.map(({ body }) => body["version"]))].sort((a, b) => Number(a) - Number(b)), Array.from({ length: 10 }, (_, index) => index + 1));
    assert.equal(made.filter(({ status }) => status === 201).length, 10);
  });

  it("are listed once over all pages, by name or all", async () => {
    const name = `w-${randomUUID()}`;
    const made: string[] = [];
    for (let index = 1; index <= 5; index += 1) made.push((await api.send("POST", WORKFLOWS, { name, steps: steps(index) })).body.id);
    const listed: string[] = [];
    for (let path = `${WORKFLOWS}?limit=2&name=${name}`; ; ) {
      const { body } = await api.send("GET", path);
      listed.push(...(body["workflows"] as { id: string }[]).map(({ id }) => id));
      const cursor = body["nextCursor"] as string | undefined;
      if (cursor === undefined) break;
      path = `${WORKFLOWS}?limit=2&name=${name}&cursor=${cursor}`;
    }
    assert.deepEqual(listed, made);
    assert.ok(((await api.send("GET", `${WORKFLOWS}?limit=100`)).body["workflows"] as unknown[]).length >= made.length);
    assert.equal((await api.send("GET", `${WORKFLOWS}?cursor=zzz`)).status, 400);
  });

  it("that make no sense are refused with all that is wrong", async () => {
    const { status, body } = await api.send("POST", WORKFLOWS, { name: "a/b", steps: [{ name: "x", kind: "http", url: "http://x" }, { name: "y", kind: "sleep", seconds: 0 }] });
    assert.equal(status, 400);
    for (const pointer of ["/name", "/steps/0/kind", "/steps/1/seconds"]) assert.ok(body.violations?.some((violation) => violation.pointer === pointer), pointer);
  });

  it("answer 503 while PostgreSQL is down, and are back by themselves", async () => {
    const id = await api.define(steps(1));
    await rig.postgres.kill();
    try {
      const { status, headers } = await api.send("GET", `${WORKFLOWS}/${id}`);
      assert.deepEqual([status, headers.get("retry-after")], [503, "1"]);
    } finally {
      await rig.postgres.restart();
    }
    assert.equal((await api.send("GET", `${WORKFLOWS}/${id}`)).status, 200);
  });
});
