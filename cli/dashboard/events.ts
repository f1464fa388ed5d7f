/** Something that Kubernetes noted about an object of the region. */
export interface RegionEvent {
  /** ISO 8601. */
  readonly at: string;
  /** `Normal` or `Warning`. */
  readonly type: string;
  readonly object: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
}

interface EventObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
  readonly metadata: { readonly creationTimestamp?: string };
  readonly involvedObject: { readonly kind?: string; readonly name?: string };
}

/** Events that the page shows. */
const MAX_EVENTS = 20;

/** Reads `kubectl get events -o json`: the newest first, and not more than a page shows. */
export function parseEvents(json: string): RegionEvent[] {
  const { items } = JSON.parse(json) as { readonly items: readonly EventObject[] };
  return items
    .map(event)
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
    .slice(0, MAX_EVENTS);
}

/** Events of two generations of the API differ in where they keep their time and their count. */
function event({ type, reason, message, count, lastTimestamp, eventTime, series, metadata, involvedObject }: EventObject): RegionEvent {
  return {
    at: series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "",
    type: type ?? "Normal",
    object: `${involvedObject.kind ?? "?"} ${involvedObject.name ?? "?"}`,
    reason: reason ?? "",
    message: message ?? "",
    count: series?.count ?? count ?? 1,
  };
}
