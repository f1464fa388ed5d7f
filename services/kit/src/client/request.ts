import type { Static, TSchema } from "typebox";
import type { AvailableRoute, PublishedRoute, ServiceContract } from "../../contract";
import type { OperationSchema } from "../../operation-schema";

export interface CallOptions {
  /** Makes a POST safe to repeat; sent as `Idempotency-Key`. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal | undefined;
  /** From the call to its answer, all attempts included. Never beyond the deadline of the request being served. @default the client's */
  readonly deadlineMs?: number;
}

type Required<Name extends string, S> = S extends TSchema ? { readonly [K in Name]: Static<S> } : { readonly [K in Name]?: undefined };
/** Fields that have a default on the other side can be left out, which the schema's type does not show. */
type Optional<Name extends string, S> = S extends TSchema ? { readonly [K in Name]?: Partial<Static<S>> } : { readonly [K in Name]?: undefined };

type Typed<S extends OperationSchema> = Required<"params", S["params"]> & Required<"body", S["body"]> & Optional<"query", S["query"]> & Optional<"headers", S["headers"]>;

/** Parts of a request, with their types erased. */
export interface AnyInput extends CallOptions {
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
}

/** What a call of an operation takes. Of an operation that is not built nothing is known. */
export type CallInput<C extends ServiceContract, K extends keyof C["routes"]> =
  C["routes"][K] extends AvailableRoute<infer S> ? Typed<S> & CallOptions : AnyInput;

/** Path with its parameters, and the query, of one request. */
export function targetOf(route: PublishedRoute, { params, query }: AnyInput): string {
  const path = route.path.replace(/\{([^}]+)\}/g, (_, name: string) => {
    const value = params?.[name];
    if (value === undefined || value === "") throw new TypeError(`'params.${name}' is missing; '${route.path}' needs it`);
    return encodeURIComponent(textOf(value));
  });
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const each of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
      if (each !== undefined) search.append(name, textOf(each));
    }
  }
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}

export function headersOf({ headers, body, idempotencyKey }: AnyInput): Record<string, string> {
  const given = Object.entries(headers ?? {}).filter(([, value]) => value !== undefined);
  return {
    accept: "application/json, application/problem+json",
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), textOf(value)])),
    ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
