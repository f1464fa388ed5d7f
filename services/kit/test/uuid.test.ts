import assert from "node:assert/strict";
import { madeAtMs, newId } from "../src/uuid";

describe("ids", () => {
  it("are UUIDs of version 7, which sort by when they were made and say it", () => {
    const ids = [5, 1_700_000_000_000, 1_800_000_000_123].map(newId);
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.deepEqual([...ids].reverse().sort(), ids);
    assert.deepEqual(ids.map(madeAtMs), [5, 1_700_000_000_000, 1_800_000_000_123]);
  });

  it("differ within one moment", () => assert.equal(new Set(Array.from({ length: 1_000 }, () => newId(7))).size, 1_000));
});
