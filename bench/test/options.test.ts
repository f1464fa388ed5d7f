import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { UserError, usageExitCode } from "../../cli/errors";
import { parseBenchOptions } from "../options";

describe("flags of the benchmark", () => {
  it("have defaults that begin with the services that are there", () => {
    assert.deepEqual(parseBenchOptions([], 8), { runs: 3, services: [8, 16, 32], json: undefined });
  });

  it("sort the numbers of services, and drop repeated ones", () => {
    assert.deepEqual(parseBenchOptions(["--services", "16,8,16", "--runs", "1"], 8), { runs: 1, services: [8, 16], json: undefined });
  });

  it("leave growth out with 0", () => {
    assert.deepEqual(parseBenchOptions(["--services", "0"], 8).services, []);
  });

  it("are all named at once when they are wrong", () => {
    assert.throws(
      () => parseBenchOptions(["--runs", "0", "--services", "4,x,16"], 8),
      (error: unknown) => {
        assert.ok(error instanceof UserError);
        assert.equal(error.exitCode, usageExitCode);
        assert.deepEqual(error.problems.map((problem) => /^(--\S+ (?:is|has) '\w+')/.exec(problem)?.[1]), ["--runs is '0'", "--services has '4'", "--services has 'x'"]);
        return true;
      },
    );
  });
});
