import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { EtcdClient } from "../../kit/src/etcd";
import { silentLogger } from "../../kit/test/support/context";
import { NO_ETCD, findEtcd, startEtcd } from "../../kit/test/support/etcd-server";
import type { EtcdServer } from "../../kit/test/support/etcd-server";
import { contract } from "../contract";
import { whileElected } from "../src/election";

describe("election of the replica that sweeps, on a real etcd", function () {
  this.timeout(40_000);
  let etcd: EtcdServer;
  let client: EtcdClient;

  before(async function () {
    const binary = findEtcd();
    if (binary === undefined) {
      console.log(`      ${NO_ETCD}`);
      this.skip();
    }
    etcd = await startEtcd(binary);
    client = new EtcdClient({ endpoints: etcd.endpoints, tls: etcd.tls });
  });
  after(async () => {
    client?.close();
    await etcd?.stop();
  });

  it("lets one of several work, and another at once when that one ends or loses its lease", async () => {
    const worked: string[] = [];
    const lost: string[] = [];
    const ends = new Map<string, AbortController>();
    const running = ["a", "b", "c"].map((instance) => {
      const end = new AbortController();
      ends.set(instance, end);
      const work = (): Promise<void> => Promise.resolve(void worked.push(instance));
      return whileElected({ etcd: client, key: "/test/elected", instance, logger: silentLogger(contract), everyMs: 30, work, lost: () => void lost.push(instance) }, end.signal);
    });
    const until = async (condition: () => boolean): Promise<void> => {
      while (!condition()) await sleep(20);
    };
    await until(() => worked.length >= 5);
    assert.equal(new Set(worked).size, 1, "only one of them works");
    const [first = ""] = worked;
    ends.get(first)?.abort();
    await until(() => worked.at(-1) !== first);
    assert.ok(lost.includes(first));
    const second = worked.at(-1) ?? "";
    const held = await client.get("/test/elected");
    assert.equal(held?.value, second);
    await client.revokeLease(held.lease);
    await until(() => lost.includes(second));
    const before = worked.length;
    await until(() => worked.length > before);
    for (const end of ends.values()) end.abort();
    await Promise.all(running);
    assert.equal(await client.get("/test/elected"), undefined, "whoever ends gives the key back");
  });
});
