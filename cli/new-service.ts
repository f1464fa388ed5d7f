import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { isDnsLabel } from "../config/naming";
import type { Command, CommandContext } from "./command";
import { UserError, usageExitCode } from "./errors";
import { parse, projectDirectory } from "./options";

const help = `usage: npm run new-service -- NAME

Makes services/NAME from the template: contract, workload, code, tests and README of a service that works. That folder
is all there is to it: the next \`npm run up\` builds its image, deploys it and publishes its routes.

  NAME   lower-case letters, digits and inner dashes
`;

/** A service that works; see its README. */
const template = join("services", "kit", "template");
const templateName = "template-service";

/** Longest name whose workload, Services and certificates still have valid names. */
const maxNameCharacters = 40;

/** `order-book` is `OrderBook` in code. */
function pascalCase(name: string): string {
  return name.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

/** A file of the template as a file of the new service: its names, and the way to the kit, which is further away. */
export function instantiate(text: string, file: string, name: string): string {
  const depth = file.split("/").length - 1;
  const outside = "../".repeat(depth + 1);
  return text
    .replaceAll(templateName, name)
    .replaceAll("createTemplateService", `create${pascalCase(name)}Service`)
    .replaceAll(`"${outside}`, `"${outside}kit/`)
    .replaceAll(`from "${outside.slice(0, -1)}"`, `from "${outside}kit"`);
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((path) => statSync(join(directory, path)).isFile()).sort();
}

function check(name: string | undefined, rest: readonly string[], target: string): string[] {
  if (name === undefined) return ["name the service: npm run new-service -- NAME"];
  const problems: string[] = [];
  if (rest.length > 0) problems.push(`one service at a time: '${rest.join(" ")}' is too much`);
  if (!isDnsLabel(name) || name.length > maxNameCharacters) {
    problems.push(`NAME is '${name}': it must be at most ${maxNameCharacters} lower-case letters, digits and inner dashes, and start with a letter`);
  } else if (existsSync(target)) {
    problems.push(`NAME is '${name}': ${relative(projectDirectory, target)} exists already; choose another name`);
  }
  return problems;
}

async function run(argv: readonly string[], { print }: CommandContext): Promise<number> {
  const { positionals } = parse(argv, {}, true);
  const [name, ...rest] = positionals;
  const target = join(projectDirectory, "services", name ?? "");
  const problems = check(name, rest, target);
  if (name === undefined || problems.length > 0) throw new UserError(problems, { exitCode: usageExitCode });
  const source = join(projectDirectory, template);
  for (const file of filesBelow(source)) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    writeFileSync(join(target, file), instantiate(readFileSync(join(source, file), "utf8"), file, name), { flag: "wx" });
  }
  print(`Made services/${name}. Test it with \`npx mocha 'services/${name}/test/*.test.ts'\`, stand it up with \`npm run up\`.`);
  return Promise.resolve(0);
}

export const newService: Command = { name: "new-service", summary: "make a service from the template", help, run };
