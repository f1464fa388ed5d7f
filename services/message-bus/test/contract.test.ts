import assert from "node:assert/strict";
import { audienceOf } from "../../kit/contract";
import { contract } from "../contract";

describe("message bus contract", () => {
  it("shows mailboxes to everybody and topics to services alone", () => {
    const internal = Object.values(contract.routes).filter((route) => audienceOf(route) === "internal");
    assert.deepEqual(new Set(internal.map(({ path }) => path)), new Set(["/api/v1/topics", "/api/v1/topics/{topic}/events"]));
  });
});
