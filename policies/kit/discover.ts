import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import type { Examples } from "./examples";
import type { Policy } from "./run-example";

export interface RuleFile {
  /** The file's name without its ending: what the rule must be called. */
  readonly name: string;
  readonly policy: Policy;
  readonly examples: Examples;
}

const load = createRequire(__filename);

/**
 * Reads every rule of a pack's `rules/` folder, each with its own `<rule>.examples.ts`.
 *
 * @param folder absolute path of the folder
 * @throws one error that lists every rule without policy or examples, and every examples file without a rule.
 */
export function discoverRules(folder: string): RuleFile[] {
  const names = readdirSync(folder).filter((file) => file.endsWith(".ts")).map((file) => basename(file, ".ts")).sort();
  const rules = names.filter((name) => !name.endsWith(".examples"));
  const problems = names
    .filter((name) => name.endsWith(".examples") && !rules.includes(basename(name, ".examples")))
    .map((name) => `${name}.ts has no rule ${basename(name, ".examples")}.ts beside it`);

  const found = rules.flatMap((name): RuleFile[] => {
    const { policy } = load(join(folder, name)) as { policy?: Policy };
    const examples = names.includes(`${name}.examples`)
      ? (load(join(folder, `${name}.examples`)) as { examples?: Examples }).examples
      : undefined;
    if (policy === undefined) problems.push(`${name}.ts exports no 'policy'`);
    if (!examples?.passing.length || !examples.failing.length) {
      problems.push(`${name}.ts needs ${name}.examples.ts with 'examples', at least one passing and one failing`);
    }
    return policy && examples ? [{ name, policy, examples }] : [];
  });

  if (problems.length > 0) throw new Error(`Rules in ${basename(folder)}/:\n  - ${problems.join("\n  - ")}`);
  return found;
}
