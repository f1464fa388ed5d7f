import assert from "node:assert/strict";
import type { ServiceContract } from "../contract";
import { checkFleet } from "../fleet";
import { sample } from "./support/sample";

function contract(name: string, more: Partial<ServiceContract> = {}): ServiceContract {
  return { ...sample, name, prefixes: [`/api/v1/${name}`], routes: { get: { method: "GET", path: `/api/v1/${name}/{id}`, summary: "", status: "planned" } }, ...more };
}

function faultsOf(...contracts: readonly ServiceContract[]): string[] {
  try {
    checkFleet(contracts);
    return [];
  } catch (error) {
    return (error as Error).message.split("\n").slice(1).map((line) => line.replace(/^ {2}- /, ""));
  }
}

describe("contracts of all services", () => {
  it("fit together when each has its own routes and topics and calls what exists", () => {
    const publisher = contract("a", { topics: { publishes: [{ name: "a.changed", holds: "" }], consumes: [] } });
    assert.deepEqual(faultsOf(publisher, contract("b", { calls: ["a"], topics: { publishes: [], consumes: ["a.changed"] } })), []);
  });

  it("are refused with everything that clashes at once", () => {
    const route = { method: "GET", path: "/api/v1/x/{key}", summary: "", status: "planned" } as const;
    const one = contract("one", { routes: { r: { ...route, path: "/api/v1/x/{id}" } }, topics: { publishes: [{ name: "x.y", holds: "" }], consumes: [] }, stores: [{ system: "etcd", prefix: "/x/", holds: "" }] });
    const two = contract("two", { routes: { r: route }, topics: { publishes: [{ name: "x.y", holds: "" }], consumes: ["z.z"] }, stores: [{ system: "etcd", prefix: "/x/", holds: "" }], calls: ["nobody"] });
    assert.deepEqual(faultsOf(one, two), [
      "route 'GET /api/v1/x/{}' is claimed by 'one' and by 'two'; leave it to one of them",
      "topic 'x.y' is claimed by 'one' and by 'two'; leave it to one of them",
      "etcd '/x/' is claimed by 'one' and by 'two'; leave it to one of them",
      "'two' calls 'nobody', which is no service; known are one, two",
      "'two' consumes 'z.z', which nobody publishes; known are x.y, x.y",
    ]);
  });

  it("may not call each other in a circle, which is shown", () => {
    const circle = faultsOf(contract("a", { calls: ["b"] }), contract("b", { calls: ["c"] }), contract("c", { calls: ["b"] }));
    assert.equal(circle.length, 1);
    assert.match(circle[0] ?? "", /in a circle: b -> c -> b;/);
  });
});
