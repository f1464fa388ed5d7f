import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { discoverRules } from "../../policies/kit/discover";

/** Makes a rules folder of the given files for the time of one call. */
function withRules<T>(files: Readonly<Record<string, string>>, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "rules-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const rule = `exports.policy = { name: "forbid-x" };`;
const examples = `exports.examples = { passing: [{}], failing: [{}] };`;

describe("rules found in a folder", () => {
  it("come with their policy and examples, in order of name", () => {
    const found = withRules(
      { "require-y.ts": rule, "require-y.examples.ts": examples, "forbid-x.ts": rule, "forbid-x.examples.ts": examples },
      discoverRules,
    );
    assert.deepEqual(found.map(({ name }) => name), ["forbid-x", "require-y"]);
    assert.equal(found[0]?.policy.name, "forbid-x");
    assert.equal(found[0]?.examples.failing.length, 1);
  });

  it("are refused all at once when a part of one is missing", () => {
    const files = {
      "forbid-a.ts": rule,
      "forbid-b.ts": rule,
      "forbid-b.examples.ts": `exports.examples = { passing: [{}], failing: [] };`,
      "forbid-c.ts": `exports.other = 1;`,
      "forbid-c.examples.ts": examples,
      "forbid-d.examples.ts": examples,
    };
    assert.throws(() => withRules(files, discoverRules), (error: Error) => {
      assert.match(error.message, /forbid-a\.ts needs forbid-a\.examples\.ts/);
      assert.match(error.message, /forbid-b\.ts needs forbid-b\.examples\.ts .*at least one passing and one failing/);
      assert.match(error.message, /forbid-c\.ts exports no 'policy'/);
      assert.match(error.message, /forbid-d\.examples\.ts has no rule forbid-d\.ts/);
      return true;
    });
  });
});
