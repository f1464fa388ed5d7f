import assert from "node:assert/strict";
import { leaseKey } from "../src/keys";
import { startRig } from "./support/rig";
import type { Answered, Rig, Send } from "./support/rig";

const LEASES = "/api/v1/coordination/leases";
const CALLERS = 100;

describe("leases, on a real etcd", () => {
  let rig: Rig;
  let send: Send;

  before(async function () {
    const started = await startRig();
    if (started === undefined) this.skip();
    rig = started;
    send = rig.send;
  });
  after(() => rig?.stop());

  const acquire = (name: string, holder: string, ttlSeconds = 30, to: Send = send): Promise<Answered> => to("POST", LEASES, { name, holder, ttlSeconds });

  it("is held by one, who is named to all others, until it is given up; later holders have larger tokens", async () => {
    const first = await acquire("index", "ada");
    assert.deepEqual([first.status, first.body["holder"], first.headers.get("location")], [201, "ada", `${LEASES}/index`]);
    const second = await acquire("index", "bob");
    assert.deepEqual([second.status, second.body.code, second.body["holder"]], [409, "lease-held", "ada"]);
    const remaining = Number(second.body["remainingSeconds"]);
    assert.ok(remaining > 0 && remaining <= 30);
    assert.equal(second.headers.get("retry-after"), String(remaining));
    assert.equal((await send("GET", `${LEASES}/index`)).body["token"], first.body["token"]);
    assert.equal((await send("DELETE", `${LEASES}/index?token=${String(first.body["token"])}`)).status, 204);
    assert.equal((await send("GET", `${LEASES}/index`)).status, 404);
    const third = await acquire("index", "bob");
    assert.ok(Number(third.body["token"]) > Number(first.body["token"]));
    await send("DELETE", `${LEASES}/index?token=${String(third.body["token"])}`);
  });

  it("is renewed and given up only with its token", async () => {
    const { body } = await acquire("shard", "ada");
    const renewed = await send("PUT", `${LEASES}/shard`, { token: body["token"] });
    assert.deepEqual([renewed.status, renewed.body["token"], renewed.body["holder"]], [200, body["token"], "ada"]);
    const wrong = Number(body["token"]) + 1;
    for (const refused of [await send("PUT", `${LEASES}/shard`, { token: wrong }), await send("DELETE", `${LEASES}/shard?token=${wrong}`)]) {
      assert.deepEqual([refused.status, refused.body.code], [409, "lease-not-held"]);
    }
    assert.equal((await send("GET", `${LEASES}/shard`)).body["holder"], "ada");
  });

  it("keeps its token when it is renewed, and its time starts again", async () => {
    const { body } = await acquire("renewal", "ada");
    const before = JSON.parse((await rig.client.get(leaseKey("renewal")))?.value ?? "{}") as { renewedAt: string };
    await new Promise((resolve) => setTimeout(resolve, 10));
    await send("PUT", `${LEASES}/renewal`, { token: body["token"] });
    const entry = await rig.client.get(leaseKey("renewal"));
    assert.ok((JSON.parse(entry?.value ?? "{}") as { renewedAt: string }).renewedAt > before.renewedAt);
    assert.equal(Number(entry?.createRevision), body["token"]);
  });

  it("is free when its time is over, and its late holder is told", async () => {
    const { body } = await acquire("expiry", "ada");
    const entry = await rig.client.get(leaseKey("expiry"));
    assert.ok(entry !== undefined && entry.lease !== 0n);
    await rig.client.revokeLease(entry.lease);
    const next = await acquire("expiry", "bob");
    assert.equal(next.status, 201);
    const late = await send("PUT", `${LEASES}/expiry`, { token: body["token"] });
    assert.deepEqual([late.status, late.body.code, late.body.detail.includes("'bob'")], [409, "lease-not-held", true]);
  });

  it("goes to one of a hundred that want it at once, over two replicas", async () => {
    const answers = await Promise.all(Array.from({ length: CALLERS }, (_, index) => acquire("leader", `agent-${index}`, 30, index % 2 === 0 ? send : rig.sendToOther)));
    const [winner] = answers.filter(({ status }) => status === 201);
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    const others = answers.filter(({ status }) => status === 409);
    assert.deepEqual([others.length, new Set(others.map(({ body }) => body["holder"]))], [CALLERS - 1, new Set([winner?.body["holder"]])]);
  });

  it("takes no time that the store would round up, and no name with a slash", async () => {
    assert.deepEqual((await acquire("a/b", "", 1)).body.violations?.map(({ pointer }) => pointer).sort(), ["/holder", "/name", "/ttlSeconds"]);
  });
});
