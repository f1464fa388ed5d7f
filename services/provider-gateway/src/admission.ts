import { Problem, problem } from "../../kit/src";
import type { RateLimiter } from "../../kit/src/rate-limit";
import { DEFAULT_TENANT } from "../limits";
import type { Ledger } from "./ledger";
import { NANO_PER_USD, toUsd } from "./money";
import type { TenantLimits } from "./tenant-settings";

export interface AdmissionArgs {
  readonly tenants: ReadonlyMap<string, TenantLimits>;
  readonly limiter: RateLimiter;
  readonly ledger: Ledger;
  /** Name of the variable that tenants are configured by. */
  readonly variable: string;
}

/** Who may call at all: known tenants, within their rate and their budget. */
export class Admission {
  readonly #args: AdmissionArgs;

  constructor(args: AdmissionArgs) {
    this.#args = args;
  }

  /**
   * @returns the tenant's name.
   * @throws Problem 403 `unknown-tenant`, 429 `rate-limited`, 402 `budget-exhausted`; PostgresError.
   */
  async admit(named: string | undefined, signal: AbortSignal): Promise<string> {
    const { tenants, limiter, variable } = this.#args;
    const tenant = named ?? DEFAULT_TENANT;
    const limits = tenants.get(tenant);
    if (limits === undefined) {
      throw new Problem({
        code: "unknown-tenant", status: 403, title: "This tenant is not configured",
        detail: `tenant '${tenant}' is not one of '${variable}'; have it added there, or name none`,
      });
    }
    const { allowed, retryAfterMs } = await limiter.take(tenant, { perSecond: limits.requestsPerSecond, burst: limits.burst });
    if (!allowed) {
      throw problem("rate-limited", `tenant '${tenant}' may make ${limits.requestsPerSecond} requests per second, ${limits.burst} at once; wait ${Math.ceil(retryAfterMs)} ms`, {
        headers: { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) },
      });
    }
    await this.#assertBudget(tenant, limits, signal);
    return tenant;
  }

  /** Calls that are under way are not in it yet, so a budget can be overrun by what they cost. */
  async #assertBudget(tenant: string, { monthlyBudgetUsd }: TenantLimits, signal: AbortSignal): Promise<void> {
    const now = new Date();
    const spent = await this.#args.ledger.spent(tenant, now, signal);
    if (spent < monthlyBudgetUsd * NANO_PER_USD) return;
    throw new Problem({
      code: "budget-exhausted", status: 402, title: "The tenant's budget is spent",
      detail: `tenant '${tenant}' has spent ${toUsd(spent)} of ${monthlyBudgetUsd} US dollars this month; wait for the next, or have '${this.#args.variable}' raised`,
      extensions: { spentUsd: toUsd(spent), budgetUsd: monthlyBudgetUsd, until: nextMonth(now).toISOString() },
    });
  }
}

function nextMonth(at: Date): Date {
  return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1));
}
