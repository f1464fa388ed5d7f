import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cli, requireExit } from "../../tests/support/cli";
import { copyTree } from "../../tests/support/tree";
import type { Tree } from "../../tests/support/tree";
import { instantiate } from "../new-service";

const slowTestMs = 60_000;

describe("new-service", function () {
  this.timeout(slowTestMs);
  let tree: Tree;

  before(() => {
    tree = copyTree();
  });
  after(() => tree.remove());

  const node = (...args: readonly string[]): string => execFileSync(process.execPath, args, { cwd: tree.directory, encoding: "utf8" });

  it("makes a folder that is a service: declared, and green by its own tests", async () => {
    requireExit(await cli(["new-service", "order-book"], { directory: tree.directory }));
    const names = node("-r", "ts-node/register/transpile-only", "-p", "require('./services').services.map(({ contract }) => contract.name).join()");
    assert.ok(names.trim().split(",").includes("order-book"), names);
    const tests = spawnSync(process.execPath, ["node_modules/mocha/bin/mocha.js", "--spec", "services/order-book/test/*.test.ts"], { cwd: tree.directory, encoding: "utf8" });
    assert.match(tests.stdout, /2 passing/);
    assert.equal(tests.status, 0, tests.stdout + tests.stderr);
  });

  it("leaves no trace of the template in it", () => {
    const folder = join(tree.directory, "services", "order-book");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    assert.ok(files.includes("README.md") && files.includes("contract.ts"));
    assert.equal(spawnSync("grep", ["-ril", "template", folder], { encoding: "utf8" }).stdout, "");
  });

  it("finds the kit from every depth", () => {
    assert.equal(instantiate('import { a } from "../contract";', "contract.ts", "x"), 'import { a } from "../kit/contract";');
    assert.equal(instantiate('import { a } from "../../src";\nimport { b } from "../contract";', "src/main.ts", "x"), 'import { a } from "../../kit/src";\nimport { b } from "../contract";');
  });

  it("refuses a name that is taken or no name, with everything that is wrong, and makes nothing", async () => {
    assert.match(requireExit(await cli(["new-service", "agent"], { directory: tree.directory }), 2).stderr, /NAME is 'agent': services\/agent exists already/);
    const wrong = requireExit(await cli(["new-service", "Order_Book", "too"], { directory: tree.directory }), 2).stderr;
    assert.match(wrong, /2 things are wrong/);
    assert.match(wrong, /NAME is 'Order_Book': it must be/);
    assert.match(wrong, /'too' is too much/);
    assert.ok(!existsSync(join(tree.directory, "services", "Order_Book")));
  });
});
