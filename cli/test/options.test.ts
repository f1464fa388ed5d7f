import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { UserError } from "../errors";
import { knownStacks, parse, parseUpOptions } from "../options";

function problemsOf(act: () => unknown): readonly string[] {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error.problems;
  }
  return assert.fail("nothing was wrong");
}

describe("flags of up", () => {
  let directory: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "agentic-flow-options-"));
    for (const file of ["Pulumi.yaml", "Pulumi.local.yaml", "Pulumi.us-east-1.yaml", "kubeconfig", "images.json"]) writeFileSync(join(directory, file), "");
  });
  after(() => rmSync(directory, { recursive: true }));

  it("stand up the stack 'local' under its own name when nothing is said", () => {
    const options = parseUpOptions([], directory);
    assert.equal(options.stack, "local");
    assert.equal(options.region, "local");
    assert.equal(options.configFile, join(directory, "Pulumi.local.yaml"));
    assert.equal(options.apiPort, undefined);
  });

  it("list every fault at once, each with its value and the way out", () => {
    const problems = problemsOf(() => parseUpOptions(["--name", "No Good", "--stack", "mars-1", "--simulate", "--kubeconfig", "/nowhere", "--api-port", "80"], directory));
    assert.equal(problems.length, 6);
    assert.match(problems[0] ?? "", /name is 'No Good'.*--name/);
    assert.match(problems[1] ?? "", /--stack is 'mars-1'.*known stacks: local, us-east-1/);
    assert.match(problems[2] ?? "", /--simulate and --kubeconfig exclude each other/);
    assert.match(problems[3] ?? "", /--kubeconfig needs --images/);
    assert.match(problems[4] ?? "", /--api-port is '80'/);
    assert.match(problems[5] ?? "", /--kubeconfig is '\/nowhere'/);
  });

  it("say that a managed cluster is not built yet, unless a cluster is given", () => {
    assert.match(problemsOf(() => parseUpOptions(["--stack", "us-east-1"], directory))[0] ?? "", /not built yet; pass --kubeconfig/);
    const options = parseUpOptions(["--stack", "us-east-1", "--kubeconfig", join(directory, "kubeconfig"), "--images", join(directory, "images.json")], directory);
    assert.equal(options.region, "us-east-1");
  });

  it("refuse an unknown flag with exit code 2 and the known ones", () => {
    assert.throws(
      () => parseUpOptions(["--simulated"], directory),
      (error: unknown) => error instanceof UserError && error.exitCode === 2 && /--simulated[\s\S]*known flags: --name/.test(error.message),
    );
    assert.throws(() => parse(["stray"], { name: { type: "string" } }), UserError);
  });

  it("know the stacks by their files", () => {
    assert.deepEqual(knownStacks(directory), ["local", "us-east-1"]);
  });
});
