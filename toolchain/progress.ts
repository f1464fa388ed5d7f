import type { ProgressEvent } from "./ensure";

/** How often a line is repeated where lines cannot be overwritten (a log file). */
const repeatMs = 15_000;

/** Where progress is written; `process.stderr` fits. */
export interface ProgressSink {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * Writes lines such as `[3/14] etcd  building … 42 s`. On a terminal the line of a step is
 * overwritten; elsewhere it is repeated now and then. Steps that were ready say nothing.
 */
export function printProgress(sink: ProgressSink = process.stderr): (event: ProgressEvent) => void {
  let lastTool = "";
  let lastMs = 0;
  return (event) => {
    if (event.elapsedMs === 0 && event.state === "ready") return;
    const fresh = event.tool !== lastTool || event.state !== "building";
    if (!sink.isTTY && !fresh && event.elapsedMs - lastMs < repeatMs) return;
    lastTool = event.tool;
    lastMs = event.elapsedMs;
    const seconds = event.elapsedMs < 1_000 ? "" : ` ${Math.round(event.elapsedMs / 1_000)} s`;
    const state = event.state === "building" ? `${event.detail ?? "building"} …` : event.state;
    const line = `[${event.step}/${event.of}] ${event.tool}  ${state}${seconds}`;
    if (!sink.isTTY) sink.write(`${line}\n`);
    else sink.write(`\r\u001b[K${line}${event.state === "building" ? "" : "\n"}`);
  };
}
