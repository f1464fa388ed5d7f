import { appendFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureTools } from "../../ensure";
import { fakeTool } from "./fake-tools";

// Run as a process of its own: builds one tool, notes its start in a file, and takes its time.
const [root, notes, durationMs] = process.argv.slice(2);
if (root === undefined || notes === undefined || durationMs === undefined) throw new Error("usage: root notes durationMs");
const { tool } = fakeTool("slow", {
  async before() {
    await appendFile(notes, `${process.pid}\n`);
    await sleep(Number(durationMs));
  },
});
void ensureTools("engine", { tools: [tool], root }).then((toolchain) => process.stdout.write(toolchain.path("slow")));
