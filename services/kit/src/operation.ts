import type { Static, TObject, TSchema } from "typebox";
import type { Logger } from "./logger";
import type { Trace } from "./trace";

/** One answer of an operation, as the published description shows it. */
export interface ResponseSchema {
  readonly description: string;
  readonly body?: TSchema;
  /** Response headers by name, with what they hold. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What goes in and out of one operation. All objects have to be closed: an unknown field is an error. */
export interface OperationSchema {
  readonly params?: TObject;
  readonly query?: TObject;
  /** Only these headers are read; others pass. Names in lower case. */
  readonly headers?: TObject;
  readonly body?: TSchema;
  readonly responses: Readonly<Record<number, ResponseSchema>>;
  /** Problems this operation adds to those every operation can answer with: code to description. */
  readonly problems?: Readonly<Record<string, { readonly status: number; readonly description: string }>>;
}

type Part<S> = S extends TSchema ? Static<S> : undefined;

/** One validated request. */
export interface Call<S extends OperationSchema> {
  readonly params: Part<S["params"]>;
  readonly query: Part<S["query"]>;
  readonly headers: Part<S["headers"]>;
  readonly body: Part<S["body"]>;
  /** Aborted when the caller hangs up, the request runs out of time or the process has to end. */
  readonly signal: AbortSignal;
  readonly trace: Trace;
  readonly log: Logger;
}

interface AnswerHead<K> {
  readonly status: K;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that the operation's schema knows: status and body go together. */
export type Answer<S extends OperationSchema> = {
  [K in keyof S["responses"] & number]: S["responses"][K] extends { readonly body: infer B extends TSchema }
    ? AnswerHead<K> & { readonly body: Static<B> }
    : AnswerHead<K> & { readonly body?: undefined };
}[keyof S["responses"] & number];

/** An operation as the server sees it, with the types of its parts erased. */
export interface Operation {
  readonly schema: OperationSchema;
  readonly handle: (call: Call<OperationSchema>) => Promise<{ readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }>;
}

/** Ties a handler to its schema, so that the compiler checks one against the other. */
export function operation<const S extends OperationSchema, const A extends Answer<S>>(
  schema: S,
  handle: (call: Call<S>) => Promise<A>,
): Operation {
  return { schema, handle: (call) => handle(call) };
}
