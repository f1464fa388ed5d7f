import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { MIGRATIONS } from "./support/rig";

describe("workflow contract", () => {
  it("makes no table outside its own schema", () => {
    for (const file of readdirSync(MIGRATIONS)) assert.doesNotMatch(readFileSync(join(MIGRATIONS, file), "utf8"), /create\s+(table|index)\s+(if not exists\s+)?\w+\.\w+/i);
  });
});
