/** How a wait ended that was cut short. */
export type Cut = "deadline" | "cancelled";

/** What `within` throws when it stopped waiting. */
export class CutShort extends Error {
  readonly cut: Cut;

  constructor(cut: Cut) {
    super(cut);
    this.name = "CutShort";
    this.cut = cut;
  }
}

/**
 * Waits for work until its time is up or its caller has given up. The work itself is not stopped by this: the caller
 * of this function has to end what it stands on. What it throws later is swallowed.
 *
 * @throws CutShort
 */
export async function within<T>(deadlineMs: number, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  if (signal?.aborted === true) throw new CutShort("cancelled");
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const cut = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CutShort("deadline")), deadlineMs);
    onAbort = () => reject(new CutShort("cancelled"));
    signal?.addEventListener("abort", onAbort, { once: true });
  });
  try {
    const done = work();
    done.catch(() => undefined);
    return await Promise.race([done, cut]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
  }
}
