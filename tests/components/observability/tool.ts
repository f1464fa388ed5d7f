import type { Context } from "mocha";
import { findBuilt, notBuilt } from "../../../toolchain/find-built";

/** The tool that judges; without it the test is skipped and says so, but not where the gate runs. */
export function judge(test: Context, binary: Parameters<typeof findBuilt>[0]): string {
  const found = findBuilt(binary);
  if (found !== undefined) return found;
  if (process.env["CI"] !== undefined) throw new Error(notBuilt(binary));
  console.log(`      ${notBuilt(binary)}`);
  return test.skip();
}
