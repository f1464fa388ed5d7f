/** The parts that an engine run is made of, each one process. */
export const roles = ["engine", "language host", "program", "policies", "provider", "served providers", "other"] as const;

export type Role = (typeof roles)[number];

/** What tells a process's part from its command line. A launcher becomes what it launches. */
const marks: readonly (readonly [RegExp, Role])[] = [
  [/pulumi-language-nodejs/, "language host"],
  [/cmd\/run-policy-pack|pulumi-analyzer-policy/, "policies"],
  [/@pulumi\/pulumi\/cmd\/run\b/, "program"],
  [/pulumi-resource-/, "provider"],
  [/\/providers\/[a-z]+\/main\.ts/, "served providers"],
  [/^(\S*\/)?pulumi /, "engine"],
];

/** @param commandLine Arguments separated by blanks. */
export function roleOf(commandLine: string): Role {
  // The language host asks a node process where the library is, which is not the program yet.
  if (/ -e console\.log\(require\.resolve\(/.test(commandLine)) return "other";
  return marks.find(([mark]) => mark.test(commandLine))?.[1] ?? "other";
}
