import type { Build, BuildContext } from "../definition";
import { buildFromDebian } from "./debian";
import { buildGo } from "./go";
import { buildFromNpm } from "./npm";
import { buildScripts } from "./script";
import { buildFromWheel } from "./wheel";

/** Runs one build with the builder of its kind. */
export function runBuild(build: Build, context: BuildContext): Promise<void> {
  switch (build.kind) {
    case "go":
      return buildGo(build, context);
    case "debian":
      return buildFromDebian(build, context);
    case "wheel":
      return buildFromWheel(build, context);
    case "npm":
      return buildFromNpm(build, context);
    case "script":
      return buildScripts(build, context);
    case "custom":
      return build.run(context);
    default:
      return build satisfies never;
  }
}
