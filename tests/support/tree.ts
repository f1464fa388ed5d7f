import { execFileSync } from "node:child_process";
import { appendFileSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { repository } from "./cli";

/** A copy of the checkout that a test may change; it shares the installed packages. */
export interface Tree {
  readonly directory: string;
  append(file: string, text: string): void;
  remove(): void;
}

/** Copies every file that git knows or would add, and links what is installed or generated. */
export function copyTree(): Tree {
  const directory = mkdtempSync(join(tmpdir(), "agentic-flow-tree-"));
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: repository, encoding: "utf8" }).split("\n");
  for (const file of [...files, "services/kit/src/etcd/gen"]) {
    const source = join(repository, file);
    if (file === "" || !existsSync(source)) continue;
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    if (file.endsWith("/gen")) symlinkSync(source, join(directory, file));
    else copyFileSync(source, join(directory, file));
  }
  symlinkSync(join(repository, "node_modules"), join(directory, "node_modules"));
  return {
    directory,
    append: (file, text) => appendFileSync(join(directory, file), text),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
