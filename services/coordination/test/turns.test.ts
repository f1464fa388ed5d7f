import assert from "node:assert/strict";
import { Problem } from "../../kit/src";
import { Turns } from "../src/turns";

describe("turns", () => {
  it("lets work on one key run one after the other, and work on another key beside it", async () => {
    const turns = new Turns(10);
    const log: string[] = [];
    let release = (): void => undefined;
    const blocked = new Promise<void>((resolve) => (release = resolve));
    const first = turns.take("a", async () => {
      await blocked;
      log.push("a1");
    });
    const second = turns.take("a", () => Promise.resolve(log.push("a2")));
    await turns.take("b", () => Promise.resolve(log.push("b1")));
    release();
    await Promise.all([first, second]);
    assert.deepEqual(log, ["b1", "a1", "a2"]);
  });

  it("goes on after work that failed, and hands its error to its caller alone", async () => {
    const turns = new Turns(10);
    const failing = turns.take("a", () => Promise.reject(new Error("broken")));
    const next = turns.take("a", () => Promise.resolve(2));
    await assert.rejects(failing, /broken/);
    assert.equal(await next, 2);
  });

  it("refuses work beyond its limit with 503, and takes work again when there is room", async () => {
    const turns = new Turns(1);
    let release = (): void => undefined;
    const first = turns.take("a", () => new Promise<void>((resolve) => (release = resolve)));
    await assert.rejects(turns.take("a", () => Promise.resolve()), (error) => error instanceof Problem && error.status === 503);
    await Promise.resolve();
    release();
    await first;
    assert.equal(await turns.take("a", () => Promise.resolve(3)), 3);
  });
});
