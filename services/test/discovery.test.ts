import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { discoverServices } from "..";

const ROOT = join(__dirname, "..");

describe("discovery of services", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "agentic-flow-services-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function declare(folder: string, text: string): void {
    mkdirSync(join(directory, folder));
    writeFileSync(join(directory, folder, "workload.ts"), text);
  }

  it("finds each folder that declares one, and no other", () => {
    cpSync(join(ROOT, "agent", "README.md"), join(directory, "README.md"));
    mkdirSync(join(directory, "kit"));
    for (const name of ["agent", "message-bus"]) declare(name, `export { workload } from ${JSON.stringify(join(ROOT, name, "workload"))};`);
    assert.deepEqual(discoverServices(directory).map(({ contract }) => contract.name), ["agent", "message-bus"]);
  });

  it("names every folder that declares nothing or another's name", () => {
    declare("agent2", `export { workload } from ${JSON.stringify(join(ROOT, "agent", "workload"))};`);
    declare("empty", "export const other = 1;");
    assert.throws(() => discoverServices(directory), (error: Error) => {
      assert.match(error.message, /services\/agent2 declares the service 'agent'; a folder has the name of its service/);
      assert.match(error.message, /services\/empty\/workload.ts must export 'workload'/);
      return true;
    });
  });
});
