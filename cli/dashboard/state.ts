import type { WorkloadStatus } from "../summary";
import { Question } from "./answer";
import type { Answer } from "./answer";
import type { RegionEvent } from "./events";
import type { Overview } from "./overview";

/** Where the page's content comes from; each may fail by itself. */
export interface Questions {
  readonly cluster: (signal: AbortSignal) => Promise<ClusterState>;
  readonly events: (signal: AbortSignal) => Promise<readonly RegionEvent[]>;
  readonly overview: (entryUrl: string, signal: AbortSignal) => Promise<Overview>;
}

export interface ClusterState {
  readonly kind: string;
  readonly workloads: readonly WorkloadStatus[];
  /** Undefined where nothing answers. */
  readonly entryUrl: string | undefined;
}

/** All that the page shows, as JSON. */
export interface DashboardState {
  readonly region: string;
  /** Clock of the server, so that ages do not depend on the browser's. */
  readonly nowMs: number;
  readonly cluster: Answer<ClusterState>;
  readonly overview: Answer<Overview>;
  readonly events: Answer<readonly RegionEvent[]>;
}

/** However many pages are open, the region is asked no more often. */
const ASK_EVERY_MS = 3_000;
const ANSWER_TIMEOUT_MS = 10_000;

/** How the page gets its content: each call asks what is old, and answers with what is known. */
export function stateOf(region: string, questions: Questions): () => Promise<DashboardState> {
  const limits = { everyMs: ASK_EVERY_MS, timeoutMs: ANSWER_TIMEOUT_MS };
  const cluster = new Question(questions.cluster, limits);
  const events = new Question(questions.events, limits);
  const overview = new Question(async (signal) => {
    const { value, problem } = await cluster.latest();
    if (value === null) throw new Error(`the region's entry address is not known: ${problem ?? "the cluster was not asked yet"}`);
    if (value.entryUrl === undefined) throw new Error("the region has no entry address");
    return questions.overview(value.entryUrl, signal);
  }, limits);
  return async () => {
    const [clusterNow, overviewNow, eventsNow] = await Promise.all([cluster.latest(), overview.latest(), events.latest()]);
    return { region, nowMs: Date.now(), cluster: clusterNow, overview: overviewNow, events: eventsNow };
  };
}
