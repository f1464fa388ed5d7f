import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Path of a tool that is there already, in PATH; a test that needs it is skipped without. */
export function findTool(name: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
