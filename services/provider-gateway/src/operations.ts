import { problem } from "../../kit/src";
import type { OperationsOf, Violation } from "../../kit/src";
import type { Postgres } from "../../kit/src/postgres";
import type { contract } from "../contract";
import { MAX_COST_RANGE_DAYS } from "../limits";
import { sumCosts } from "./costs";
import type { Gateway } from "./gateway";
import { monthOf } from "./ledger";
import type { Routing } from "./routing";
import { toCompleteView, toModelList, toProviderView, toCostsView, usdText } from "./views";

const DAY_MS = 24 * 3600 * 1000;

export interface Parts {
  readonly gateway: Gateway;
  readonly routing: Routing;
  readonly postgres: Postgres;
}

/** What the service does for each route that its contract publishes as available. */
export function operations({ gateway, routing, postgres }: Parts): OperationsOf<typeof contract> {
  return {
    createChatCompletion: async ({ body, headers, signal }) => {
      const tenant = headers["x-tenant"];
      if (body.stream === true) {
        if (headers["idempotency-key"] !== undefined) throw notRepeatable();
        const { stream, provider } = await gateway.stream(tenant, body, signal);
        const streamed: Record<string, string> = { "content-type": "text/event-stream", "cache-control": "no-store", "x-provider": provider };
        return { status: 200, headers: streamed, body: stream };
      }
      const { completion, provider, costNanoUsd } = await gateway.complete(tenant, body, signal);
      const whole: Record<string, string> = { "x-provider": provider, "x-cost-usd": usdText(costNanoUsd) };
      return { status: 200, headers: whole, body: completion };
    },
    listModels: () => Promise.resolve({ status: 200, body: toModelList(routing.providers) }),
    completeChat: async ({ body, signal }) => {
      const { model, messages, maxTokens, temperature, tenant } = body;
      const request = { model, messages, ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }), ...(temperature === undefined ? {} : { temperature }) };
      return { status: 200, body: toCompleteView(model, await gateway.complete(tenant, request, signal)) };
    },
    listProviders: () => Promise.resolve({ status: 200, body: { providers: routing.providers.map(toProviderView) } }),
    getCosts: async ({ query, signal }) => {
      const now = new Date();
      const from = query.from === undefined ? new Date(monthOf(now)) : new Date(query.from);
      const to = query.to === undefined ? now : new Date(query.to);
      assertRange(from, to);
      const costs = await sumCosts(postgres, query.groupBy, from, to, signal);
      return { status: 200, body: toCostsView(query.groupBy, from, to, costs) };
    },
  };
}

function notRepeatable(): Error {
  const detail = "cannot be honoured with 'stream: true', because the events of a stream are not kept; leave one of them out";
  return problem("invalid-request", `header 'idempotency-key' ${detail}`, { violations: [{ in: "header", pointer: "idempotency-key", detail }] });
}

function assertRange(from: Date, to: Date): void {
  const violations: Violation[] = [];
  if (Number.isNaN(from.getTime())) violations.push({ in: "query", pointer: "from", detail: "is no day of the calendar" });
  if (Number.isNaN(to.getTime())) violations.push({ in: "query", pointer: "to", detail: "is no day of the calendar" });
  const days = (to.getTime() - from.getTime()) / DAY_MS;
  if (days < 0) violations.push({ in: "query", pointer: "to", detail: "must not be before 'from'" });
  if (days > MAX_COST_RANGE_DAYS) violations.push({ in: "query", pointer: "from", detail: `must be at most ${MAX_COST_RANGE_DAYS} days before 'to'` });
  if (violations.length > 0) throw problem("invalid-request", violations.map(({ pointer, detail }) => `query '${pointer}' ${detail}`).join("; "), { violations });
}
