import type { Static } from "typebox";
import type { CompleteView, CostsView, ModelList, ProviderList } from "../schemas";
import type { Costs, GroupBy } from "./costs";
import type { Completed } from "./gateway";
import { toUsd } from "./money";
import type { Provider } from "./provider";

/** Without an exponent, whatever it costs. */
export function usdText(nanoUsd: number): string {
  return toUsd(nanoUsd).toFixed(9);
}

export function toCompleteView(model: string, { completion, provider, usage, costNanoUsd, latencyMs }: Completed): Static<typeof CompleteView> {
  const [choice] = completion.choices;
  const content = choice?.message?.content;
  return {
    provider,
    model: typeof completion.model === "string" ? completion.model : model,
    content: typeof content === "string" ? content : null,
    finishReason: choice?.finish_reason ?? null,
    usage,
    costUsd: toUsd(costNanoUsd),
    latencyMs,
  };
}

export function toProviderView(provider: Provider): Static<typeof ProviderList>["providers"][number] {
  const { name, baseUrl, priority, models } = provider.settings;
  return { name, baseUrl, priority, models, breaker: provider.state, coolingMs: provider.coolingMs };
}

/** Each model once, with the provider that is asked first. */
export function toModelList(providers: readonly Provider[]): Static<typeof ModelList> {
  const owners = new Map<string, string>();
  for (const { settings } of providers) {
    for (const { name } of settings.models) if (!owners.has(name)) owners.set(name, settings.name);
  }
  return { object: "list", data: [...owners].map(([id, owner]) => ({ id, object: "model", created: 0, owned_by: owner })) };
}

export function toCostsView(groupBy: GroupBy, from: Date, to: Date, { groups, total, truncated }: Costs): Static<typeof CostsView> {
  return { from: from.toISOString(), to: to.toISOString(), groupBy, groups: [...groups], total, truncated };
}
