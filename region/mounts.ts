import { readFileSync } from "node:fs";
import { run } from "./command";

/** Mount points at or below `directory`, deepest first, from the text of `/proc/self/mountinfo`. */
export function mountsBelow(directory: string, mountText: string): string[] {
  return mountText
    .split("\n")
    .map((line) => unescapeOctal(line.split(" ")[4] ?? ""))
    .filter((point) => point === directory || point.startsWith(`${directory}/`))
    .sort((a, b) => b.length - a.length);
}

/** The kernel writes blanks and the like in a path as `\040`. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
}

/** Unmounts everything at or below `directory` that this machine sees; gives how many there were. */
export async function unmountBelow(directory: string): Promise<number> {
  if (process.platform !== "linux") return 0;
  const points = mountsBelow(directory, readFileSync("/proc/self/mountinfo", "utf8"));
  for (const point of points) await run("umount", ["-n", "--lazy", point]);
  return points.length;
}
