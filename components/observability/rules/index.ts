import type { ObservedService } from "../observed";
import type { PlatformJobs } from "../platform";
import { healthRules } from "./health";
import { requestRules } from "./requests";
import type { RuleFile } from "./rule";
import { sloRules } from "./slo";

export { RECORDED } from "./requests";
export { AVAILABILITY, LATENCY, PROMISES } from "./promises";
export { EVALUATION_SECONDS, RUNBOOK } from "./rule";
export type { AlertRule, RecordingRule, Rule, RuleFile, RuleGroup } from "./rule";
export type { ServicePromise } from "./promises";
export { BURN_RATES, WINDOWS } from "./windows";

/** Every rule of a region, from what its services promise. Pure: the same services give the same file. */
export function ruleFile(services: readonly ObservedService[], platform: PlatformJobs): RuleFile {
  return { groups: [requestRules(services), ...sloRules(services), healthRules(services, platform)] };
}
