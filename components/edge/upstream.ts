/**
 * What the edge has to know of a service, in its own words: components know no service, and whatever publishes routes
 * can be put behind the edge.
 */
export interface Upstream {
  readonly name: string;
  /** Host name that answers with the address of every pod. */
  readonly host: string;
  readonly port: number;
  readonly routes: readonly UpstreamRoute[];
  /** Larger request bodies are answered 413. */
  readonly requestBodyBytes: number;
  /** How long the service may take for one request. */
  readonly requestTimeoutMs: number;
  /** Connections that one pod of the service accepts. */
  readonly connections: number;
}

export interface UpstreamRoute {
  readonly method: string;
  /** OpenAPI path template, such as `/api/v1/agents/{id}`. */
  readonly path: string;
}

/** All methods of one path, which is what a routing table has a row for. */
export interface PathEntry {
  readonly path: string;
  readonly methods: readonly string[];
}

/**
 * The paths of a service, each once, with those first that name more than others: an exact path wins over a template
 * that would match it too.
 */
export function pathEntries(routes: readonly UpstreamRoute[]): PathEntry[] {
  const methods = new Map<string, string[]>();
  for (const route of routes) methods.set(route.path, [...(methods.get(route.path) ?? []), route.method]);
  return [...methods]
    .map(([path, of]) => ({ path, methods: [...of].sort() }))
    .sort((a, b) => parameters(a.path) - parameters(b.path) || segments(b.path) - segments(a.path) || compare(a.path, b.path));
}

/** The same path as a regular expression in RE2 syntax; a parameter is one segment that is not empty. */
export function pathPattern(template: string): string {
  return template
    .split(/(\{[^}]+\})/)
    .map((part) => (part.startsWith("{") ? "[^/]+" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")))
    .join("");
}

export function isTemplate(path: string): boolean {
  return path.includes("{");
}

function parameters(path: string): number {
  return path.split("{").length - 1;
}

function segments(path: string): number {
  return path.split("/").length;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
