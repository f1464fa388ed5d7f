import { dirname } from "node:path";
import type { ToolState } from "./ensure";
import { changedFiles } from "./entry";

/** One line of `--list`. */
export interface ToolReport {
  readonly tool: string;
  readonly version: string;
  readonly source: string;
  readonly modes: readonly string[];
  readonly binaries: readonly string[];
  readonly state: "ready" | "missing" | "on PATH" | "damaged";
  /** Folder of the binaries; of a missing tool, undefined. */
  readonly directory?: string;
  readonly sizeBytes?: number;
  readonly buildMs?: number;
  readonly builtAt?: string;
}

/** Turns states into lines. With `verify` every file is read again and compared with its sum. */
export async function report(states: readonly ToolState[], verify = false): Promise<ToolReport[]> {
  return Promise.all(
    states.map(async (state): Promise<ToolReport> => {
      const { tool } = state;
      const head = { tool: tool.name, version: tool.version, source: tool.source, modes: tool.modes, binaries: tool.provides };
      switch (state.state) {
        case "missing":
          return { ...head, state: "missing" };
        case "on PATH":
          return { ...head, state: "on PATH", directory: dirname(Object.values(state.paths)[0] ?? "") };
        case "ready": {
          const damaged = verify && (await changedFiles(state.directory, state.manifest)).length > 0;
          return {
            ...head,
            state: damaged ? "damaged" : "ready",
            directory: state.directory,
            sizeBytes: state.manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0),
            buildMs: state.manifest.buildMs,
            builtAt: state.manifest.builtAt,
          };
        }
        default:
          return state satisfies never;
      }
    }),
  );
}

/** The report as a table for people. */
export function formatReport(reports: readonly ToolReport[]): string {
  const rows = reports.map((line) => [
    line.tool,
    line.version,
    line.state,
    line.sizeBytes === undefined ? "-" : `${(line.sizeBytes / 2 ** 20).toFixed(1)} MiB`,
    line.buildMs === undefined ? "-" : `${(line.buildMs / 1_000).toFixed(1)} s`,
    line.binaries.join(" "),
    line.directory ?? "-",
  ]);
  const header = ["TOOL", "VERSION", "STATE", "SIZE", "BUILT IN", "BINARIES", "WHERE"];
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)));
  const lines = [header, ...rows].map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
  const total = reports.reduce((sum, line) => sum + (line.sizeBytes ?? 0), 0);
  const missing = reports.filter((line) => line.state === "missing" || line.state === "damaged").length;
  lines.push("", `${reports.length} tools, ${missing} to be built, ${(total / 2 ** 20).toFixed(0)} MiB in the cache`);
  return lines.join("\n");
}
