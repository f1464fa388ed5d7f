import { Agent, request } from "undici";
import { Type } from "typebox";
import Ajv from "ajv";
import { problem } from "../../kit/src";
import type { Problem } from "../../kit/src";
import { MAX_PROMETHEUS_BYTES, PROMETHEUS_DEADLINE_MS } from "../limits";

const MAX_CONNECTIONS = 8;

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: string;
  readonly activeAt: string;
}

const Labels = Type.Record(Type.String(), Type.String());
const vector = Type.Object({
  status: Type.Literal("success"),
  data: Type.Object({
    resultType: Type.Literal("vector"),
    result: Type.Array(Type.Object({ metric: Labels, value: Type.Tuple([Type.Number(), Type.String()]) })),
  }),
});
const alerts = Type.Object({
  status: Type.Literal("success"),
  data: Type.Object({ alerts: Type.Array(Type.Object({ labels: Labels, annotations: Labels, state: Type.String(), activeAt: Type.String() })) }),
});

const ajv = new Ajv({ strict: false });
const isVector = ajv.compile<{ data: { result: { metric: Record<string, string>; value: [number, string] }[] } }>(vector);
const isAlerts = ajv.compile<{ data: { alerts: Alert[] } }>(alerts);

/** Asks the region's Prometheus. Each question has a deadline; what goes wrong is a Problem 503. */
export class Prometheus {
  readonly #url: string;
  readonly #agent = new Agent({ connections: MAX_CONNECTIONS, maxResponseSize: MAX_PROMETHEUS_BYTES });

  constructor(url: string) {
    this.#url = url.replace(/\/+$/, "");
  }

  /** An expression's value of now. Values that are no numbers, such as the ratio of nothing to nothing, are left out. */
  async query(expression: string, signal: AbortSignal): Promise<readonly Sample[]> {
    const answer = await this.#get(`/api/v1/query?query=${encodeURIComponent(expression)}`, signal);
    if (!isVector(answer)) throw unusable("its answer is not what its API promises");
    return answer.data.result.map(({ metric, value: [, text] }) => ({ labels: metric, value: Number(text) })).filter(({ value }) => Number.isFinite(value));
  }

  async alerts(signal: AbortSignal): Promise<readonly Alert[]> {
    const answer = await this.#get("/api/v1/alerts", signal);
    if (!isAlerts(answer)) throw unusable("its answer is not what its API promises");
    return answer.data.alerts;
  }

  close(): Promise<void> {
    return this.#agent.close();
  }

  async #get(path: string, signal: AbortSignal): Promise<unknown> {
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(PROMETHEUS_DEADLINE_MS)]);
      const { statusCode, body } = await request(`${this.#url}${path}`, { dispatcher: this.#agent, signal: limit });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`Prometheus answered ${statusCode}`);
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw unusable("it does not answer", error);
    }
  }
}

function unusable(why: string, cause?: unknown): Problem {
  return problem("unavailable", `the region's Prometheus cannot be asked (${why}); try again`, { headers: { "retry-after": "5" }, cause });
}

/** Values by the label `job`. */
export function byJob(samples: readonly Sample[]): ReadonlyMap<string, number> {
  return new Map(samples.flatMap(({ labels, value }) => (labels["job"] === undefined ? [] : [[labels["job"], value] as const])));
}
