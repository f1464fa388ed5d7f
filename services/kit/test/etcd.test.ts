import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EtcdClient, EtcdError, absent, put, read, remove, unchangedSince } from "../src/etcd";
import type { Change } from "../src/etcd";
import { NO_ETCD, findEtcd, startEtcd } from "./support/etcd-server";
import type { EtcdServer } from "./support/etcd-server";

describe("etcd client, on a real cluster of three", () => {
  let server: EtcdServer;
  let client: EtcdClient;

  before(async function () {
    this.timeout(40_000);
    const binary = findEtcd();
    if (binary === undefined) {
      console.log(`      ${NO_ETCD}`);
      this.skip();
    }
    server = await startEtcd(binary, 3);
    client = new EtcdClient({ endpoints: server.endpoints, tls: server.tls });
  });
  after(async () => {
    client?.close();
    await server?.stop();
  });

  it("puts, gets, lists in pages and deletes", async () => {
    for (const key of ["p/a", "p/b", "p/c", "q"]) await client.put(key, `value of ${key}`);
    assert.equal((await client.get("p/b"))?.value, "value of p/b");
    assert.equal(await client.get("p/x"), undefined);
    const first = await client.list("p/", { limit: 2 });
    assert.deepEqual([first.entries.map(({ key }) => key), first.more], [["p/a", "p/b"], true]);
    const second = await client.list("p/", { limit: 2, after: "p/b", keysOnly: true });
    assert.deepEqual([second.entries.map(({ key, value }) => [key, value]), second.more], [[["p/c", ""]], false]);
    assert.deepEqual([await client.count("p/"), await client.count("p/b"), await client.count("none/")], [3, 1, 0]);
    assert.equal(await client.delete("p/a"), 1);
    assert.equal(await client.delete("p/a"), 0);
    assert.match(await client.version(), /^3\./);
  });

  it("does all steps of a transaction or none, and reads what was in the way", async () => {
    const made = await client.txn({ when: [absent("t/1"), absent("t/2")], then: [put("t/1", "x"), put("t/2", "y")] });
    assert.equal(made.succeeded, true);
    const refused = await client.txn({ when: [absent("t/0"), absent("t/1")], then: [put("t/0", "z")], otherwise: [read("t/0"), read("t/1")] });
    assert.equal(refused.succeeded, false);
    assert.deepEqual(refused.reads.map((found) => found.map(({ value }) => value)), [[], ["x"]]);
    assert.equal(await client.get("t/0"), undefined);
    assert.equal((await client.txn({ when: [unchangedSince("t/1", made.revision)], then: [remove("t/1"), remove("t/2")] })).succeeded, true);
    await assert.rejects(client.mustTxn({ when: [unchangedSince("t/1", made.revision)], then: [put("t/1", "w")] }), (error: unknown) => error instanceof EtcdError && error.code === "compare-failed");
  });

  it("keeps keys with their lease and drops them with it", async () => {
    const lease = await client.grantLease(30);
    await client.put("l/1", "x", { lease });
    assert.equal(await client.keepLease(lease), 30);
    assert.equal((await client.get("l/1"))?.lease, lease);
    await client.revokeLease(lease);
    assert.equal(await client.get("l/1"), undefined);
    const gone = (error: unknown): boolean => error instanceof EtcdError && error.code === "lease-not-found";
    await assert.rejects(client.keepLease(lease), gone);
    await assert.rejects(client.revokeLease(lease), gone);
    await assert.rejects(client.put("l/2", "x", { lease }), gone);
  });

  it("refuses what etcd refuses, without trying again", async () => {
    await assert.rejects(client.put("", "x"), (error: unknown) => error instanceof EtcdError && error.code === "rejected");
  });

  it("watches every change once and in order, while a member dies and comes back", async function () {
    this.timeout(40_000);
    const total = 60;
    const abort = new AbortController();
    const start = await client.put("w-start", "");
    const seen: Change[] = [];
    const writer = new EtcdClient({ endpoints: server.endpoints, tls: server.tls, callTimeoutMs: 10_000 });
    // New, so it watches through its first member, which is the one that dies.
    const watcher = new EtcdClient({ endpoints: server.endpoints, tls: server.tls });
    const watching = (async () => {
      for await (const change of watcher.watch("w/", { fromRevision: start + 1n, signal: abort.signal })) {
        seen.push(change);
        if (seen.length === total) abort.abort();
      }
    })();
    try {
      for (let index = 0; index < total; index += 1) {
        if (index === 20) {
          while (seen.length < index) await sleep(10);
          await server.kill(0);
        }
        if (index === 40) await server.restart(0);
        await writer.txn({ when: [absent(`w/${index}`)], then: [put(`w/${index}`, String(index))], repeatable: "idempotent" });
      }
      await watching;
    } finally {
      abort.abort();
      writer.close();
      watcher.close();
    }
    assert.deepEqual(seen.map(({ value }) => value), Array.from({ length: total }, (_, index) => String(index)));
    assert.ok(seen.every((change, index) => index === 0 || change.revision > (seen[index - 1]?.revision ?? 0n)));
  });

  it("goes on when the member it uses is killed or frozen, and comes back to all of them", async function () {
    this.timeout(40_000);
    for (const [member, fail, heal] of [
      [1, () => server.kill(1), () => server.restart(1)],
      [2, () => Promise.resolve(server.freeze(2)), () => Promise.resolve(server.thaw(2))],
    ] as const) {
      const endpoint = server.endpoints[member] ?? "";
      const others = server.endpoints.filter((each) => each !== endpoint);
      const pinned = new EtcdClient({ endpoints: [endpoint, ...others], tls: server.tls, callTimeoutMs: 6_000 });
      try {
        await pinned.get("p/b");
        await fail();
        assert.equal((await pinned.get("p/b"))?.value, "value of p/b");
        await pinned.put(`f/${member}`, "x");
      } finally {
        await heal();
        pinned.close();
      }
    }
  });

  it("says that there is no quorum, and works again when there is", async function () {
    this.timeout(40_000);
    await Promise.all([server.kill(0), server.kill(1)]);
    try {
      await assert.rejects(client.ping(), (error: unknown) => error instanceof EtcdError && (error.code === "unavailable" || error.code === "deadline"));
    } finally {
      await Promise.all([server.restart(0), server.restart(1)]);
    }
    await client.ping();
  });

  it("uses renewed certificates without a new client", async () => {
    const { caFile, certFile, keyFile } = server.tls;
    const renewed = { caFile: join(server.directory, "r.ca"), certFile: join(server.directory, "r.crt"), keyFile: join(server.directory, "r.key") };
    await Promise.all([copyFile(caFile, renewed.caFile), copyFile(keyFile, renewed.keyFile), copyFile(keyFile, renewed.certFile)]);
    const other = new EtcdClient({ endpoints: server.endpoints, tls: renewed, callTimeoutMs: 500 });
    try {
      await assert.rejects(other.ping(), EtcdError, "the certificate file holds a key");
      await copyFile(certFile, renewed.certFile);
      await other.reloadTls();
      await other.ping();
    } finally {
      other.close();
    }
  });

  it("refuses calls after it was closed", async () => {
    const other = new EtcdClient({ endpoints: server.endpoints, tls: server.tls });
    await other.ping();
    other.close();
    await assert.rejects(other.ping(), /the etcd client is closed/);
    await sleep(0);
  });
});
