/** Windows over which the share of bad requests is recorded, shortest first, with their length in seconds. */
export const WINDOWS = { "5m": 300, "30m": 1_800, "1h": 3_600, "2h": 7_200, "6h": 21_600, "1d": 86_400, "3d": 259_200 } as const;

export type Window = keyof typeof WINDOWS;

/** Over how long a budget is given. It counts as much of it as is kept. */
export const BUDGET_PERIOD = "30d";

/**
 * How fast a budget may burn before somebody is told: the long window says that it matters, the short one that it has
 * not ended. Factors are those of Google's SRE workbook (chapter 5) for a budget of 30 days: at 14.4 an hour costs 2 %
 * of it, at 6 six hours cost 5 %, at 3 a day costs 10 %, at 1 three days cost 10 %.
 */
export interface BurnRate {
  readonly factor: number;
  readonly long: Window;
  readonly short: Window;
  readonly severity: "page" | "ticket";
  /** How long both have to hold. */
  readonly for: string;
}

export const BURN_RATES: readonly BurnRate[] = [
  { factor: 14.4, long: "1h", short: "5m", severity: "page", for: "2m" },
  { factor: 6, long: "6h", short: "30m", severity: "page", for: "5m" },
  { factor: 3, long: "1d", short: "2h", severity: "ticket", for: "15m" },
  { factor: 1, long: "3d", short: "6h", severity: "ticket", for: "30m" },
];
