import type { SpanRecord } from "./otlp";

export interface TreeSpan {
  readonly span: SpanRecord;
  /** 0: it has no parent, or one that is not here. */
  readonly depth: number;
}

const NO_PARENT = "";

/**
 * The spans of one trace as a tree, written down: each before its children, children in the order of their start. Every
 * span is in it once, also when its parent is missing or the parents go in a circle.
 */
export function toTree(spans: readonly SpanRecord[]): readonly TreeSpan[] {
  const sorted = [...spans].sort((a, b) => (a.startedNs < b.startedNs ? -1 : a.startedNs > b.startedNs ? 1 : 0));
  const ids = new Set(sorted.map(({ spanId }) => spanId));
  const children = new Map<string, SpanRecord[]>();
  for (const span of sorted) {
    const parent = span.parentSpanId !== undefined && ids.has(span.parentSpanId) ? span.parentSpanId : NO_PARENT;
    const siblings = children.get(parent) ?? [];
    children.set(parent, siblings);
    siblings.push(span);
  }
  const tree: TreeSpan[] = [];
  const placed = new Set<string>();
  const place = (first: SpanRecord): void => {
    // A stack and not a recursion: somebody else decides how deep a trace is.
    const stack: TreeSpan[] = [{ span: first, depth: 0 }];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (placed.has(next.span.spanId)) continue;
      placed.add(next.span.spanId);
      tree.push(next);
      const depth = next.depth + 1;
      for (const span of [...(children.get(next.span.spanId) ?? [])].reverse()) stack.push({ span, depth });
    }
  };
  for (const root of children.get(NO_PARENT) ?? []) place(root);
  for (const span of sorted) if (!placed.has(span.spanId)) place(span);
  return tree;
}
