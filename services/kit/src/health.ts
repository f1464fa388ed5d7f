/** Something the service stands on. `check` throws, with the reason, while it cannot be used. */
export interface Dependency {
  readonly name: string;
  readonly deadlineMs: number;
  /** `blocks`: without it no traffic is wanted. `degrades`: the service does less and says so. @default "blocks" */
  readonly effect?: "blocks" | "degrades";
  readonly check: (signal: AbortSignal) => Promise<void>;
}

export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  /** Why not. */
  readonly reason?: string;
  readonly tookMs: number;
  readonly effect: "blocks" | "degrades";
  /** Since when it has been failing without a break, as far as it was looked at (RFC 3339, as all times here). */
  readonly failingSince?: string;
  readonly failingForMs?: number;
  /** The last time it failed, also when it is fine again, and why it did. */
  readonly lastFailure?: { readonly at: string; readonly reason: string };
}

export interface ReadinessReport {
  readonly ready: boolean;
  /** Something that does not block is failing. */
  readonly degraded?: boolean;
  /** One sentence; all failing checks are in it. */
  readonly reason?: string;
  readonly checks: readonly CheckResult[];
}

/** Whether this process should get traffic, and why not. */
export class Readiness {
  readonly #dependencies: Dependency[] = [];
  readonly #histories = new Map<string, History>();
  #state: "starting" | "serving" | "draining" = "starting";
  #underWay: Promise<ReadinessReport> | undefined;

  /** @throws Error when the name is taken: two checks under one name would hide each other. */
  register(dependency: Dependency): void {
    if (this.#dependencies.some(({ name }) => name === dependency.name)) {
      throw new Error(`readiness check '${dependency.name}' is registered twice; give each dependency its own name`);
    }
    this.#dependencies.push(dependency);
  }

  /** The servers listen. */
  started(): void {
    if (this.#state === "starting") this.#state = "serving";
  }

  /** From now on the answer is no, whatever the dependencies say. There is no way back. */
  drain(): void {
    this.#state = "draining";
  }

  get draining(): boolean {
    return this.#state === "draining";
  }

  /** Runs all checks at once, each under its deadline. Callers that ask at the same time share one run. */
  async report(): Promise<ReadinessReport> {
    if (this.#state !== "serving") {
      return { ready: false, reason: this.#state === "draining" ? "the process is shutting down" : "the process is starting", checks: [] };
    }
    this.#underWay ??= this.#run().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #run(): Promise<ReadinessReport> {
    const checks = (await Promise.all(this.#dependencies.map(runCheck))).map((check) => this.#remembered(check));
    const failing = checks.filter(({ ok }) => !ok);
    const degraded = failing.some(({ effect }) => effect === "degrades");
    if (failing.length === 0) return { ready: true, degraded, checks };
    const reason = failing.map((check) => `${check.name}: ${check.reason ?? "failed"}`).join("; ");
    return { ready: failing.every(({ effect }) => effect === "degrades"), degraded, reason, checks };
  }

  #remembered(check: CheckResult): CheckResult {
    const now = Date.now();
    const before = this.#histories.get(check.name);
    const since = check.ok ? undefined : (before?.failingSince ?? now);
    const lastFailure = check.ok ? before?.lastFailure : { at: new Date(now).toISOString(), reason: check.reason ?? "failed" };
    this.#histories.set(check.name, { failingSince: since, lastFailure });
    return {
      ...check,
      ...(since === undefined ? {} : { failingSince: new Date(since).toISOString(), failingForMs: now - since }),
      ...(lastFailure === undefined ? {} : { lastFailure }),
    };
  }
}

interface History {
  /** Milliseconds since 1970. */
  readonly failingSince: number | undefined;
  readonly lastFailure: CheckResult["lastFailure"] | undefined;
}

async function runCheck(dependency: Dependency): Promise<CheckResult> {
  const { name, deadlineMs, effect = "blocks" } = dependency;
  const startedAt = performance.now();
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      abort.abort();
      reject(new Error(`did not answer within ${deadlineMs} ms`));
    }, deadlineMs);
  });
  try {
    // A check that ignores its signal must not hold up the answer, hence the race.
    await Promise.race([dependency.check(abort.signal), deadline]);
    return { name, ok: true, effect, tookMs: Math.round(performance.now() - startedAt) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { name, ok: false, effect, reason, tookMs: Math.round(performance.now() - startedAt) };
  } finally {
    clearTimeout(timer);
  }
}
