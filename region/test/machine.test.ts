import assert from "node:assert/strict";
import { parseHierarchies } from "../cgroups";
import { freeBytes, requireSpace } from "../free-space";
import { withLock } from "../lock";
import { mountsBelow } from "../mounts";

describe("cgroups of version 1", () => {
  const mounts = [
    "30 24 0:26 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory",
    "31 24 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct",
    "32 24 0:28 /docker/abc /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids",
    "33 24 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd",
    "34 24 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
  ].join("\n");

  it("are found where this process is in them", () => {
    const text = "12:memory:/user/a\n11:cpu,cpuacct:/\n3:pids:/docker/abc/x\n1:name=systemd:/init.scope\n0::/init.scope\n7:rdma:/\n";
    assert.deepEqual(parseHierarchies(text, mounts), [
      { controllers: "memory", ownGroup: "/sys/fs/cgroup/memory/user/a" },
      { controllers: "cpu,cpuacct", ownGroup: "/sys/fs/cgroup/cpu,cpuacct" },
      { controllers: "pids", ownGroup: "/sys/fs/cgroup/pids/x" },
      { controllers: "name=systemd", ownGroup: "/sys/fs/cgroup/systemd/init.scope" },
    ]);
  });
});

describe("mounts of a region", () => {
  it("are those at or below its folder, deepest first, with escaped names read", () => {
    const text = ["1 0 8:1 / / rw - ext4 /dev/sda rw", "2 1 0:9 / /r/a/pods/x rw - tmpfs tmpfs rw", "3 1 0:9 / /r/a rw - tmpfs tmpfs rw", "4 1 0:9 / /r/ab rw - tmpfs tmpfs rw", "5 1 0:9 / /r/a/b\\040c rw - tmpfs tmpfs rw"].join("\n");
    assert.deepEqual(mountsBelow("/r/a", text), ["/r/a/pods/x", "/r/a/b c", "/r/a"]);
  });
});

describe("lock", () => {
  const name = `test-${process.pid}`;

  it("lets one at a time work, and the next when the first is done or has failed", async () => {
    const order: string[] = [];
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let second: Promise<number> | undefined;
    const first = withLock(name, async () => {
      order.push("first in");
      second = withLock(name, () => Promise.resolve(order.push("second in")), {
        onWait: () => {
          order.push("second waits");
          letGo();
        },
      });
      await held;
      order.push("first out");
      throw new Error("failed");
    });
    await assert.rejects(first, /failed/);
    await second;
    assert.deepEqual(order, ["first in", "second waits", "first out", "second in"]);
  });

  it("does not make others wait", async () => {
    assert.equal(await withLock(`${name}-a`, () => withLock(`${name}-b`, () => Promise.resolve(7))), 7);
  });

  it("gives up with a reason, or when told to", async () => {
    await withLock(name, async () => {
      await assert.rejects(withLock(name, () => Promise.resolve(), { timeoutMs: 1 }), { code: "busy" });
      await assert.rejects(withLock(name, () => Promise.resolve(), { signal: AbortSignal.abort() }), { name: "AbortError" });
    });
  });
});

describe("free space", () => {
  it("is that of the disk on which a folder would be made", () => {
    assert.ok(freeBytes("/") > 0);
    assert.ok(freeBytes("/not/yet/there") > 0);
  });

  it("must hold a region, and more for a real node", () => {
    const mebibyte = 1024 * 1024;
    requireSpace("/cache/regions/a", "simulated", 300 * mebibyte);
    assert.throws(() => requireSpace("/cache/regions/a", "node", 300 * mebibyte), { code: "disk-full", message: /^300 MiB are free on the disk of \/cache\/regions\/a: a region in mode 'node' needs 1024 MiB; .*AGENTIC_FLOW_CACHE/ });
    assert.throws(() => requireSpace("/cache/regions/a", "simulated", 0), { code: "disk-full" });
  });
});
