import type { Static, TSchema } from "typebox";
import type { AvailableRoute, ServiceContract } from "../contract";
import type { OperationSchema } from "../operation-schema";
import type { Logger } from "./logger";

export type Part<S> = S extends TSchema ? Static<S> : undefined;

/** One validated request. */
export interface Call<S extends OperationSchema> {
  readonly params: Part<S["params"]>;
  readonly query: Part<S["query"]>;
  readonly headers: Part<S["headers"]>;
  readonly body: Part<S["body"]>;
  /** Aborted when the caller hangs up, the request runs out of time or the process has to end. */
  readonly signal: AbortSignal;
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

/** Names of the operations of a contract that work. */
export type AvailableOperation<C extends ServiceContract> = {
  [K in keyof C["routes"] & string]: C["routes"][K] extends AvailableRoute ? K : never;
}[keyof C["routes"] & string];

/** Schema of one of them. */
export type SchemaOf<C extends ServiceContract, K extends keyof C["routes"]> = C["routes"][K] extends AvailableRoute<infer S> ? S : never;

/** A handler for each route that a contract publishes as available, by operation id. */
export type OperationsOf<C extends ServiceContract> = {
  readonly [K in AvailableOperation<C>]: (call: Call<SchemaOf<C, K>>) => Promise<Answer<SchemaOf<C, K>>>;
};

/** What a handler gives back, as the server sees it. */
export interface AnyAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A handler as the server sees it, with the types of its parts erased. A method, so that every handler fits. */
export type Handler = { handle(call: Call<OperationSchema>): Promise<AnyAnswer> }["handle"];
export type Operations = Readonly<Record<string, Handler>>;
