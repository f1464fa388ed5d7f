import assert from "node:assert/strict";
import { selects, selectsAll } from "../../policies/kit/label-selector";
import type { LabelSelector } from "../../policies/kit/label-selector";

const labels = { app: "web", tier: "front" };

const expression = (key: string, operator: string, values?: string[]): LabelSelector => ({ matchExpressions: [{ key, operator, values }] });

describe("a label selector", () => {
  const cases: readonly (readonly [string, LabelSelector, boolean])[] = [
    ["nothing asked", {}, true],
    ["a label", { matchLabels: { app: "web" } }, true],
    ["another value", { matchLabels: { app: "api" } }, false],
    ["a label that is not there", { matchLabels: { zone: "a" } }, false],
    ["one label of two", { matchLabels: { app: "web", tier: "back" } }, false],
    ["In", expression("app", "In", ["api", "web"]), true],
    ["In, another value", expression("app", "In", ["api"]), false],
    ["In, not there", expression("zone", "In", ["a"]), false],
    ["NotIn", expression("app", "NotIn", ["api"]), true],
    ["NotIn, that value", expression("app", "NotIn", ["web"]), false],
    ["NotIn, not there", expression("zone", "NotIn", ["a"]), true],
    ["Exists", expression("app", "Exists"), true],
    ["Exists, not there", expression("zone", "Exists"), false],
    ["DoesNotExist", expression("zone", "DoesNotExist"), true],
    ["DoesNotExist, there", expression("app", "DoesNotExist"), false],
    ["both forms", { matchLabels: { app: "web" }, ...expression("tier", "In", ["back"]) }, false],
  ];
  for (const [title, selector, expected] of cases) {
    it(`${expected ? "picks" : "leaves"}: ${title}`, () => assert.equal(selects(selector, labels), expected));
  }

  it("with an operator that does not exist has no answer", () => {
    assert.throws(() => selects(expression("app", "Equals", ["web"]), labels), /'Equals' is no operator/);
  });

  it("picks all when it asks for nothing", () => {
    assert.equal(selectsAll({}), true);
    assert.equal(selectsAll({ matchLabels: {}, matchExpressions: [] }), true);
    assert.equal(selectsAll({ matchLabels: { app: "web" } }), false);
    assert.equal(selectsAll(expression("app", "Exists")), false);
  });
});
