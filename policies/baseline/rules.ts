import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { policy as forbidFloatingImages } from "./rules/forbid-floating-images";
import { policy as forbidPrivilegedContainers } from "./rules/forbid-privileged-containers";
import { policy as requireExplicitProvider } from "./rules/require-explicit-provider";
import { policy as requireLimitsAndRequests } from "./rules/require-limits-and-requests";

/** The rules of the pack. A test compares this list with the files in `rules/`. */
export const rules: (ResourceValidationPolicy | StackValidationPolicy)[] = [
  forbidFloatingImages,
  forbidPrivilegedContainers,
  requireExplicitProvider,
  requireLimitsAndRequests,
];
