import assert from "node:assert/strict";
import { parsePackConfig } from "../../policies/kit/pack-config";
import { ruleConfig } from "../../policies/kit/rule-config";
import type { Policy } from "../../policies/kit/run-example";

const limits = ruleConfig<{ readonly most: number; readonly names: readonly string[] }>("require-few", {
  properties: {
    most: { type: "integer", minimum: 1, default: 3 },
    names: { type: "array", items: { type: "string" }, default: [] },
  },
});

const rules: Policy[] = [
  { name: "require-few", description: "Few.", configSchema: limits.schema, validateResource: () => {} },
  { name: "forbid-bad", description: "Nothing is bad.", validateStack: () => {} },
];

const read = (text: string): object => parsePackConfig(text, "the configuration", rules);

function faultsOf(config: unknown): string[] {
  try {
    read(JSON.stringify(config));
  } catch (error) {
    return (error as Error).message.split("\n").slice(1).map((line) => line.replace("  - ", ""));
  }
  return [];
}

describe("configuration of a pack", () => {
  it("is read as it is", () => {
    for (const config of [{}, { all: "advisory" }, { "forbid-bad": "disabled" }, { "require-few": { enforcementLevel: "advisory", most: 2 } }]) {
      assert.deepEqual(read(JSON.stringify(config)), config);
    }
  });

  it("is refused with all that is wrong", () => {
    const faults = faultsOf({
      "require-fewer": { most: 1 },
      "forbid-bad": { strict: true },
      "require-few": { enforcementLevel: "sometimes", most: 0, names: ["a", 7], least: 1 },
      all: { most: 1 },
    });
    assert.deepEqual(faults.sort(), [
      "'all.most' (1) is not a setting of this rule; remove it, or correct its name",
      "'forbid-bad.strict' (true) is not a setting of this rule; remove it, or correct its name",
      "'require-few.enforcementLevel' (sometimes) must be one of advisory, mandatory, remediate, disabled; correct it, or leave it out to keep the rule's own",
      "'require-few.least' (1) is not a setting of this rule; remove it, or correct its name",
      "'require-few.most' (0) must be >= 1; see the rule's configSchema",
      "'require-few.names.1' (7) must be string; see the rule's configSchema",
      "'require-fewer' ({\"most\":1}) is no rule of this pack; did you mean 'require-few'?",
    ]);
  });

  it("is refused when it is no object, or an entry is none", () => {
    assert.match(faultsOf([])[0] ?? "", /'file' \(\[\]\) must be an object/);
    assert.match(faultsOf({ "forbid-bad": 7 })[0] ?? "", /'forbid-bad' \(7\) must be an object/);
    assert.match(faultsOf({ "forbid-bad": "maybe" })[0] ?? "", /'forbid-bad\.enforcementLevel' \(maybe\)/);
  });

  it("is refused when it is no JSON", () => {
    assert.throws(() => read("{ all: "), /the configuration is not usable:[\s\S]*is no JSON: SyntaxError/);
  });
});

describe("settings of a rule", () => {
  const given = (config: object) => limits.read({ getConfig: () => config });

  it("have defaults, which no rule can change for the next", () => {
    const first = given({});
    assert.deepEqual(first, { most: 3, names: [] });
    (first.names as string[]).push("left over");
    assert.deepEqual(given({ most: 9 }), { most: 9, names: [] });
  });

  it("end the rule when they are wrong, whoever let them through", () => {
    assert.throws(() => given({ most: "many", least: 1 }), /rule 'require-few' is not usable:[\s\S]*least[\s\S]*'require-few\.most' \(many\) must be integer/);
  });
});
