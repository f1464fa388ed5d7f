import Ajv from "ajv";
import { Type } from "typebox";
import type { Static } from "typebox";
import { DEFAULT_BURST, DEFAULT_MONTHLY_BUDGET_USD, DEFAULT_REQUESTS_PER_SECOND, DEFAULT_TENANT, MAX_TENANTS, NAME_PATTERN } from "../limits";
import { parseSetting } from "./setting";

const Limits = Type.Object(
  {
    monthlyBudgetUsd: Type.Number({ minimum: 0, maximum: 1_000_000, default: DEFAULT_MONTHLY_BUDGET_USD }),
    requestsPerSecond: Type.Number({ minimum: 0.01, maximum: 10_000, default: DEFAULT_REQUESTS_PER_SECOND }),
    burst: Type.Integer({ minimum: 1, maximum: 100_000, default: DEFAULT_BURST }),
  },
  { additionalProperties: false, required: [] },
);

/** What one tenant may use. */
export type TenantLimits = Static<typeof Limits>;

const isTenants = new Ajv({ allErrors: true, useDefaults: true, strict: false }).compile<Record<string, TenantLimits>>(
  Type.Unsafe({ type: "object", maxProperties: MAX_TENANTS, propertyNames: { pattern: NAME_PATTERN }, additionalProperties: Limits }),
);

/**
 * The tenants there are. The default one is always there.
 *
 * @throws ConfigError with everything that is wrong in `text`.
 */
export function parseTenants(variable: string, text: string): ReadonlyMap<string, TenantLimits> {
  const tenants = parseSetting(variable, text, isTenants, () => []);
  const standard = { monthlyBudgetUsd: DEFAULT_MONTHLY_BUDGET_USD, requestsPerSecond: DEFAULT_REQUESTS_PER_SECOND, burst: DEFAULT_BURST };
  return new Map(Object.entries({ [DEFAULT_TENANT]: standard, ...tenants }));
}
