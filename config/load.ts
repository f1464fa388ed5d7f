import * as pulumi from "@pulumi/pulumi";
import { allConfig } from "@pulumi/pulumi/runtime";
import { parseStackConfig } from "./stack";
import type { Declared, StackConfig } from "./stack";

/**
 * Configuration of the stack that the engine runs, from its stack file and the environment.
 *
 * @throws FaultsError that lists everything that is wrong.
 */
export function loadStackConfig(declared: Declared): StackConfig {
  return parseStackConfig(pulumi.getStack(), allConfig(), process.env, declared);
}
