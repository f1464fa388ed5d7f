import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { assertNotJudged, assertNoViolation, assertViolation } from "../../policies/kit/assert-violation";
import { discoverRules } from "../../policies/kit/discover";
import type { Policy } from "../../policies/kit/run-example";

const load = createRequire(__filename);
const policiesFolder = join(__dirname, "../../policies");
const packs = readdirSync(policiesFolder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== "kit")
  .map((entry) => entry.name);

// A rule's name says what it does: a verb of this list, then its object.
const namePattern = /^(?:allow|forbid|require)(?:-[a-z0-9]+)+$/;

for (const pack of packs) {
  describe(`policy pack ${pack}`, () => {
    const folder = join(policiesFolder, pack);
    const found = discoverRules(join(folder, "rules"));

    it("holds exactly the rules of its folder", () => {
      const { rules } = load(join(folder, "rules.ts")) as { rules: Policy[] };
      assert.ok(found.length > 0);
      assert.deepEqual(rules.map((rule) => rule.name).sort(), found.map((rule) => rule.name));
      for (const { name, policy } of found) assert.ok(rules.includes(policy), `${name} in the pack is another object`);
    });

    for (const { name, policy, examples } of found) {
      describe(name, () => {
        it("says what it is, how bad it is and what to do", () => {
          assert.equal(policy.name, name);
          assert.match(policy.name, namePattern);
          assert.match(policy.description, /^[A-Z].{20,}\.$/s);
          assert.ok(policy.displayName);
          assert.ok(policy.severity);
          assert.equal(policy.enforcementLevel, "mandatory");
          assert.ok(policy.tags?.length);
          assert.match(policy.remediationSteps ?? "", /^[A-Z].{30,}\.$/s);
          assert.match(policy.url ?? "", /^https:\/\//);
        });

        it("names every example once", () => {
          const titles = [...examples.passing, ...examples.failing, ...(examples.unknown ?? [])].map(({ title }) => title);
          assert.equal(new Set(titles).size, titles.length);
        });

        for (const example of examples.passing) {
          it(`accepts: ${example.title}`, () => assertNoViolation(policy, example));
        }
        for (const example of examples.failing) {
          it(`refuses: ${example.title}`, () => assertViolation(policy, example));
        }
        for (const example of examples.unknown ?? []) {
          it(`judges what it can: ${example.title}`, () => assertNotJudged(policy, example));
        }
      });
    }
  });
}
