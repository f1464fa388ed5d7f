import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EtcdClient, EtcdError, put } from "../src/etcd";
import type { EtcdCode, TlsFiles } from "../src/etcd";
import { freePorts } from "./support/etcd-server";
import { startFakeMember } from "./support/fake-etcd";
import type { FakeMember } from "./support/fake-etcd";
import { issue, newAuthority, writeAuthority } from "./support/pki";

const TIMEOUT_MS = 600;

describe("etcd client, when members fail", () => {
  let directory: string;
  let tls: TlsFiles;
  let first: FakeMember;
  let second: FakeMember;
  let client: EtcdClient;
  let stranger: TlsFiles;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "agentic-flow-fake-etcd-"));
    const authority = await newAuthority("test authority");
    tls = { caFile: await writeAuthority(authority, directory), ...(await issue(authority, directory, "client")) };
    stranger = { caFile: tls.caFile, ...(await issue(await newAuthority("another authority"), directory, "stranger")) };
    const server = await issue(authority, directory, "server");
    first = await startFakeMember(tls, server);
    second = await startFakeMember(tls, server);
  });
  after(async () => {
    await Promise.all([first.stop(), second.stop()]);
    await rm(directory, { recursive: true, force: true });
  });
  beforeEach(() => {
    for (const member of [first, second]) {
      member.behaviour = "answer";
      Object.assign(member.arrived, { range: 0, put: 0, txn: 0 });
    }
    client = new EtcdClient({ endpoints: [first.endpoint, second.endpoint], tls, callTimeoutMs: TIMEOUT_MS });
  });
  afterEach(() => client.close());

  async function fails(work: Promise<unknown>, code: EtcdCode, applied: "no" | "unknown"): Promise<void> {
    await assert.rejects(work, (error: unknown) => {
      assert.ok(error instanceof EtcdError);
      assert.deepEqual([error.code, error.applied], [code, applied], error.message);
      assert.ok(error.message.startsWith(`${code}: `));
      return true;
    });
  }

  it("reads again elsewhere when a member breaks off", async () => {
    first.behaviour = "break";
    assert.equal(await client.get("k"), undefined);
    assert.deepEqual([first.arrived.range, second.arrived.range], [1, 1]);
  });

  it("stays with the member that works", async () => {
    first.behaviour = "break";
    await client.get("k");
    first.behaviour = "answer";
    for (let count = 0; count < 5; count += 1) await client.get("k");
    assert.deepEqual([first.arrived.range, second.arrived.range], [1, 6]);
  });

  it("reads elsewhere when a member hangs, within the one deadline", async () => {
    first.behaviour = "hang";
    assert.equal(await client.get("k"), undefined);
    assert.deepEqual([first.arrived.range, second.arrived.range], [1, 1]);
  });

  it("never sends a write again whose outcome is not known", async () => {
    first.behaviour = "break";
    await fails(client.put("k", "v"), "unavailable", "unknown");
    assert.deepEqual([first.arrived.put, second.arrived.put], [1, 0]);
    first.behaviour = "hang";
    client.close();
    client = new EtcdClient({ endpoints: [first.endpoint, second.endpoint], tls, callTimeoutMs: TIMEOUT_MS });
    await fails(client.txn({ when: [], then: [put("k", "v")] }), "deadline", "unknown");
    assert.deepEqual([first.arrived.txn, second.arrived.txn], [1, 0]);
  });

  for (const behaviour of ["no leader", "overloaded"] as const) {
    it(`sends a write again that was surely not made: ${behaviour}`, async () => {
      first.behaviour = behaviour;
      await client.put("k", "v");
      assert.deepEqual([first.arrived.put, second.arrived.put], [1, 1]);
    });
  }

  it("sends a write elsewhere when there is no connection at all", async () => {
    const [port] = await freePorts(1);
    const other = new EtcdClient({ endpoints: [`https://127.0.0.1:${port}`, second.endpoint], tls, callTimeoutMs: TIMEOUT_MS });
    try {
      await other.put("k", "v");
      assert.equal(second.arrived.put, 1);
    } finally {
      other.close();
    }
  });

  it("sends a transaction again that its caller calls idempotent", async () => {
    first.behaviour = "break";
    const outcome = await client.txn({ when: [], then: [put("k", "v")], repeatable: "idempotent" });
    assert.equal(outcome.succeeded, true);
    assert.deepEqual([first.arrived.txn, second.arrived.txn], [1, 1]);
  });

  it("says of an idempotent transaction that failed everywhere that it may have been made", async () => {
    first.behaviour = "break";
    second.behaviour = "break";
    await fails(client.txn({ when: [], then: [put("k", "v")], repeatable: "idempotent" }), "unavailable", "unknown");
  });

  it("gives up at its deadline when nobody answers", async () => {
    const [a, b] = await freePorts(2);
    const other = new EtcdClient({ endpoints: [`https://127.0.0.1:${a}`, `https://127.0.0.1:${b}`], tls, callTimeoutMs: TIMEOUT_MS });
    try {
      await fails(other.get("k"), "unavailable", "no");
      await fails(other.put("k", "v"), "unavailable", "no");
    } finally {
      other.close();
    }
  });

  it("stops when its caller gives up", async () => {
    first.behaviour = "hang";
    second.behaviour = "hang";
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 30);
    await fails(client.get("k", { signal: abort.signal }), "cancelled", "no");
    await fails(client.put("k", "v", { signal: abort.signal }), "cancelled", "no");
    assert.equal(first.arrived.put + second.arrived.put, 0, "a call that was given up before it began is not sent");
  });

  it("cannot be used by a client with another authority's certificate, nor without its files", async () => {
    for (const files of [stranger, { ...tls, keyFile: join(directory, "absent.key") }]) {
      const other = new EtcdClient({ endpoints: [first.endpoint], tls: files, callTimeoutMs: TIMEOUT_MS });
      try {
        await assert.rejects(other.get("k"), (error: unknown) => error instanceof EtcdError && error.code === "unavailable");
      } finally {
        other.close();
      }
    }
    assert.equal(first.arrived.range, 0);
  });

  it("refuses to be made without an endpoint", () => {
    assert.throws(() => new EtcdClient({ endpoints: [], tls }), /'endpoints' is empty/);
  });
});
