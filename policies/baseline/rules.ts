import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { policy as allowEviction } from "./rules/allow-eviction";
import { policy as forbidDefaultNamespace } from "./rules/forbid-default-namespace";
import { policy as forbidFixedReplicas } from "./rules/forbid-fixed-replicas";
import { policy as forbidFloatingImages } from "./rules/forbid-floating-images";
import { policy as forbidHostAccess } from "./rules/forbid-host-access";
import { policy as forbidPrivilegedContainers } from "./rules/forbid-privileged-containers";
import { policy as forbidSecondAutoscaler } from "./rules/forbid-second-autoscaler";
import { policy as forbidUnusedToken } from "./rules/forbid-unused-token";
import { policy as requireDataSafety } from "./rules/require-data-safety";
import { policy as requireExplicitProvider } from "./rules/require-explicit-provider";
import { policy as requireLabels } from "./rules/require-labels";
import { policy as requireLimitsAndRequests } from "./rules/require-limits-and-requests";
import { policy as requireNetworkPolicy } from "./rules/require-network-policy";
import { policy as requireProbes } from "./rules/require-probes";

/** The rules of the pack. A test compares this list with the files in `rules/`. */
export const rules: (ResourceValidationPolicy | StackValidationPolicy)[] = [
  allowEviction,
  forbidDefaultNamespace,
  forbidFixedReplicas,
  forbidFloatingImages,
  forbidHostAccess,
  forbidPrivilegedContainers,
  forbidSecondAutoscaler,
  forbidUnusedToken,
  requireDataSafety,
  requireExplicitProvider,
  requireLabels,
  requireLimitsAndRequests,
  requireNetworkPolicy,
  requireProbes,
];
