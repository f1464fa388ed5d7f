import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "mocha";
import { repository } from "../support/cli";

const documents = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], { cwd: repository, encoding: "utf8" }).split("\n").filter((file) => file !== "");
const scripts = Object.keys((JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { scripts: Record<string, string> }).scripts);

describe("documents", () => {
  it("are there", () => assert.ok(documents.includes("README.md") && documents.includes("docs/architecture.md"), documents.join()));

  for (const document of documents) {
    const text = readFileSync(join(repository, document), "utf8");

    it(`${document} names only commands that exist`, () => {
      const named = [...text.matchAll(/npm run ([a-z:-]*[a-z])/g)].map((match) => match[1] ?? "");
      assert.deepEqual(named.filter((name) => !scripts.includes(name)), []);
    });

    it(`${document} links only to files that exist`, () => {
      const targets = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? "").filter((target) => !/^[a-z]+:/.test(target));
      assert.deepEqual(targets.filter((target) => !existsSync(join(repository, dirname(document), target))), []);
    });

    // Inside a part, folders are named as seen from somewhere in it.
    if (!["README.md", "docs/architecture.md"].includes(document)) continue;
    it(`${document} names only folders that exist`, () => {
      const named = [...text.matchAll(/`((?:[a-z-]+\/)+)`/g)].map((match) => match[1] ?? "");
      assert.deepEqual(named.filter((folder) => !existsSync(join(repository, folder))), []);
    });
  }
});
