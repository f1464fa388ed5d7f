import { RegionError } from "./errors";

/** Longest name: it is part of interface labels, cgroup paths, host names and certificates. */
export const nameLengthLimit = 20;

export const nameRule = `1 to ${nameLengthLimit} lower-case letters, digits and hyphens, beginning with a letter and ending with a letter or digit`;

const namePattern = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/;

/** What is wrong with a region's name, or nothing. */
export function nameProblem(name: string): string | undefined {
  if (name.length <= nameLengthLimit && namePattern.test(name)) return undefined;
  return `name is '${name}': a region's name is ${nameRule}; choose another with --name`;
}

/** Throws when `name` may not name a region. */
export function checkName(name: string): void {
  const problem = nameProblem(name);
  if (problem !== undefined) throw new RegionError("bad-input", problem);
}
