import { readFileSync } from "node:fs";
import { messageOf } from "../errors";
import type { RegionPlan } from "../processes/plan";
import { RotatingLog } from "./rotating-log";
import { Supervisor } from "./supervisor";

/** Entry point of the process that runs a region: `node supervisor.js <plan file>`. */
async function main(planFile: string): Promise<void> {
  const plan = JSON.parse(readFileSync(planFile, "utf8")) as RegionPlan;
  process.umask(plan.umask);
  const log = new RotatingLog(`${plan.logDirectory}/supervisor.log`);
  const report = (line: string): void => log.write(`${new Date().toISOString()} ${line}\n`);
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => {
      report(`${signal}: stopping`);
      stop.abort();
    });
  }
  const supervisor = new Supervisor(plan, process.env, report);
  try {
    await supervisor.run(stop.signal);
    report("stopped");
  } catch (error) {
    report(messageOf(error));
    supervisor.fail(error);
    process.exitCode = 1;
  }
}

void main(process.argv[2] ?? "plan.json");
