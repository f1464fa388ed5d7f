import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { firstFreeSlot, interfaceNameLimit, networkOf, slotLimit } from "../network/addresses";
import { choosePorts, isPortFree, requireFreePorts } from "../network/ports";

describe("network of a region", () => {
  it("has a /30 of its own and interfaces named after its slot", () => {
    assert.deepEqual(networkOf(7), {
      slot: 7, hostAddress: "10.213.7.1", nodeAddress: "10.213.7.2", prefixLength: 30, hostInterface: "agflow7", peerInterface: "agflow7p",
    });
  });

  it("never has an interface name that the kernel refuses, nor one that two slots share", () => {
    const names = new Set<string>();
    for (let slot = 0; slot < slotLimit; slot += 1) {
      const { hostInterface, peerInterface } = networkOf(slot);
      assert.ok(hostInterface.length <= interfaceNameLimit && peerInterface.length <= interfaceNameLimit);
      names.add(hostInterface).add(peerInterface);
    }
    assert.equal(names.size, 2 * slotLimit);
  });

  it("refuses slots beyond the third byte", () => {
    for (const slot of [-1, 256, 1.5]) assert.throws(() => networkOf(slot), RangeError);
  });

  it("takes the first slot that nothing uses", () => {
    assert.equal(firstFreeSlot(({ slot }) => slot < 3), 3);
    assert.equal(firstFreeSlot(() => true), undefined);
  });
});

describe("ports of a simulated region", () => {
  const allFree = (): Promise<boolean> => Promise.resolve(true);

  it("are neighbours, below the range of outgoing connections, and the same for the same region", async () => {
    const ports = await choosePorts("/regions/a", undefined, new Set(), allFree);
    const numbers = Object.values(ports) as number[];
    assert.equal(Math.max(...numbers) - Math.min(...numbers), numbers.length - 1);
    assert.equal(new Set(numbers).size, 5);
    assert.ok(Math.min(...numbers) >= 21_000 && Math.max(...numbers) < 30_000);
    assert.deepEqual(await choosePorts("/regions/a", undefined, new Set(), allFree), ports);
  });

  it("leave out ports of other regions and ports in use", async () => {
    const first = await choosePorts("/regions/a", undefined, new Set(), allFree);
    const second = await choosePorts("/regions/a", undefined, new Set([first.scheduler]), allFree);
    const third = await choosePorts("/regions/a", undefined, new Set(), (port) => Promise.resolve(port !== first.etcd));
    assert.equal(second.api, first.api + 5);
    assert.deepEqual(third, second);
  });

  it("hold the API port that was asked for", async () => {
    assert.equal((await choosePorts("/regions/a", 6443, new Set(), allFree)).api, 6443);
  });

  it("are refused by name when somebody else has the one that was asked for", async () => {
    const inUse = { code: "port-in-use", message: /^apiPort is 6443: another program listens on 127\.0\.0\.1:6443; .*--api-port/ };
    await assert.rejects(choosePorts("/regions/a", 6443, new Set(), (port) => Promise.resolve(port !== 6443)), inUse);
    const anotherRegions = { code: "port-in-use", message: /^apiPort is 6443: another region on this machine has it/ };
    await assert.rejects(choosePorts("/regions/a", 6443, new Set([6443]), allFree), anotherRegions);
  });

  it("of a region that starts again must be free again: all that are not are named at once", async () => {
    const ports = { api: 1, etcd: 2, etcdPeer: 3, controllerManager: 4, scheduler: 5 };
    await requireFreePorts(ports, allFree, 0);
    await assert.rejects(requireFreePorts(ports, (port) => Promise.resolve(port % 2 === 1), 0), (error: { code: string; problems: string[] }) => {
      assert.equal(error.code, "port-in-use");
      assert.deepEqual(error.problems.map((problem) => problem.split(":")[0]), ["etcd port is 2", "controllerManager port is 4"]);
      return true;
    });
  });

  it("are looked at for real", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    assert.equal(await isPortFree(port), false);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(await isPortFree(port), true);
  });
});
