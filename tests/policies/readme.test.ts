import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rules } from "../../policies/baseline/rules";
import { parsePackConfig, readPackConfig } from "../../policies/kit/pack-config";

const policiesFolder = join(__dirname, "../../policies");
const readme = readFileSync(join(policiesFolder, "README.md"), "utf8");

/** Cells of the rows whose first cell is the name of a rule, from the table with that heading. */
function rowsOf(heading: string): string[][] {
  const table = readme.slice(readme.indexOf(heading)).split("\n\n")[0] ?? "";
  return table.split("\n").slice(2).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim().replaceAll("`", "")));
}

describe("policies/README.md", () => {
  it("lists every rule with its kind and severity", () => {
    const listed = rowsOf("| rule of `baseline` |").map(([name, kind, severity]) => ({ name, kind, severity }));
    const there = rules.map((rule) => ({ name: rule.name, kind: "validateStack" in rule ? "stack" : "resource", severity: rule.severity }));
    assert.deepEqual(listed, there);
  });

  it("lists every setting", () => {
    const listed = rowsOf("| rule | setting |").map(([name, setting]) => `${name ?? ""}.${setting ?? ""}`);
    const there = rules.flatMap((rule) => Object.keys(rule.configSchema?.properties ?? {}).map((setting) => `${rule.name}.${setting}`));
    assert.deepEqual(listed, there);
  });

  it("shows a configuration that can be used", () => {
    const [, example = ""] = /```json\n([\s\S]*?)```/.exec(readme) ?? [];
    assert.equal(Object.keys(parsePackConfig(example, "the example", rules)).length, 2);
  });

  it("and the pack's own configuration can be used", () => {
    readPackConfig(join(policiesFolder, "baseline/config.json"), rules);
  });
});
