import { context } from "@opentelemetry/api";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { AvailableRoute, PlannedRoute, ServiceContract } from "../contract";
import type { OperationSchema } from "../operation-schema";
import type { AnyAnswer, Call, Handler, Operations } from "./operation";
import type { Logger } from "./logger";
import { isNotModified } from "./etag";
import { IDEMPOTENCY_HEADER, once } from "./idempotency";
import type { IdempotencyStore } from "./idempotency";
import { problem } from "./problem";
import { admit, callerOf } from "./rate-limit";
import type { RateLimiter } from "./rate-limit";
import { scopeOf, timeLeftMs } from "./request-scope";
import type { HttpMetrics } from "./telemetry";
import { compileValidator } from "./validation";

/** A published path in the form the router wants: `{id}` becomes `:id`. */
export function toRouterPath(template: string): string {
  return template.replace(/\{([^}]+)\}/g, ":$1");
}

/** The way back from `toRouterPath`. */
export function toTemplate(routerPath: string): string {
  return routerPath.replace(/:([^/]+)/g, "{$1}");
}

export interface RegisterArgs {
  readonly contract: ServiceContract;
  readonly operations: Operations;
  readonly metrics: HttpMetrics;
  readonly guards: Guards;
}

/** What stands in front of the handlers of routes that ask for it. */
export interface Guards {
  readonly limiter: RateLimiter;
  /** Undefined: no route of the contract needs it. */
  readonly idempotency: IdempotencyStore | undefined;
}

/**
 * Registers what the contract publishes. Planned routes answer 501 by themselves.
 *
 * @throws Error listing every available route without a handler and every handler without an available route.
 */
export function registerOperations(app: FastifyInstance, { contract, operations, metrics, guards }: RegisterArgs): void {
  const faults = [
    ...Object.entries(contract.routes)
      .filter(([id, route]) => route.status === "available" && operations[id] === undefined)
      .map(([id, route]) => `'${id}' (${route.method} ${route.path}) is published as available and has no handler`),
    ...Object.keys(operations)
      .filter((id) => contract.routes[id]?.status !== "available")
      .map((id) => `'${id}' has a handler and is ${contract.routes[id] === undefined ? "not published" : "published as planned"}`),
    ...Object.entries(contract.routes)
      .filter(([, route]) => route.status === "available" && route.idempotency !== undefined && guards.idempotency === undefined)
      .map(([id]) => `'${id}' honours idempotency keys, and there is no store for them; add 'postgres' or 'etcd' to 'needs'`),
  ];
  if (faults.length > 0) {
    throw new Error(`the '${contract.name}' service does not do what its contract says:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`);
  }
  for (const [id, route] of Object.entries(contract.routes)) {
    const handler = operations[id];
    if (route.status === "planned" || handler === undefined) registerPlanned(app, id, route, metrics);
    else registerAvailable(app, { id, route, handle: handler, timeoutMs: contract.limits.requestTimeoutMs, guards });
  }
}

interface Available {
  readonly id: string;
  readonly route: AvailableRoute;
  readonly handle: Handler;
  readonly timeoutMs: number;
  readonly guards: Guards;
}

function registerAvailable(app: FastifyInstance, { id, route, handle, timeoutMs, guards }: Available): void {
  const validate = compileValidator(route.schema);
  const { rateLimit } = route;
  const store = route.idempotency === undefined ? undefined : guards.idempotency;
  app.route({
    method: route.method,
    url: toRouterPath(route.path),
    // Before the body is read: a request too many should cost as little as it can.
    ...(rateLimit === undefined ? {} : {
      onRequest: async (request, reply) => {
        const caller = callerOf(request.headers, request.ip);
        reply.headers(await context.with(scopeOf(request.raw), () => admit(guards.limiter, id, caller, rateLimit)));
      },
    }),
    handler: async (request, reply) => {
      const { params, query, body } = request;
      const headers = knownHeaders(route.schema, request.headers);
      validate({ params, query, headers, body });
      const scope = scopeOf(request.raw);
      const answer = await withDeadline(reply, timeLeftMs(request.raw, timeoutMs), (signal) => {
        const log = request.log as Logger;
        const call = { params, query, headers, body, signal, log };
        const work = (): Promise<AnyAnswer> => handle(call as unknown as Call<OperationSchema>);
        const key = request.headers[IDEMPOTENCY_HEADER];
        // Reading the body broke the chain of asynchronous calls, so the context is taken up again here.
        return context.with(scope, () =>
          store === undefined ? work() : once(store, { scope: id, key: typeof key === "string" ? key : undefined, request: { params, query, body }, signal, log }, work));
      });
      if (answer.headers !== undefined) reply.headers(answer.headers);
      if (route.method === "GET" && answer.status === 200 && isNotModified(request.headers["if-none-match"], answer.headers?.["etag"])) {
        return reply.code(304).send();
      }
      reply.code(answer.status);
      return answer.body === undefined ? reply.send() : reply.send(answer.body);
    },
  });
}

/**
 * Runs a handler until its time is up or its caller has hung up; its signal is aborted then, and the answer does not
 * wait for it. Fastify's own `handlerTimeout` takes the end of a request's body for a hang-up, so it is not used.
 */
async function withDeadline<T>(reply: FastifyReply, timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const onClose = (): void => abort.abort();
  let timer: NodeJS.Timeout | undefined;
  const overrun = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const doubt = "a change may have been made or not, read it to find out";
      reject(problem("deadline-exceeded", `the request was not finished within ${Math.round(timeoutMs)} ms; ${doubt}`, { headers: { "retry-after": "1" } }));
      abort.abort();
    }, timeoutMs);
  });
  reply.raw.once("close", onClose);
  try {
    return await Promise.race([work(abort.signal), overrun]);
  } finally {
    clearTimeout(timer);
    reply.raw.off("close", onClose);
  }
}

function registerPlanned(app: FastifyInstance, id: string, route: Pick<PlannedRoute, "method" | "path">, metrics: HttpMetrics): void {
  metrics.plannedPublished(id);
  app.route({
    method: route.method,
    url: toRouterPath(route.path),
    handler: () => {
      metrics.plannedRequested(id);
      throw problem("not-built", `'${id}' is published and not built yet; nothing was done`);
    },
  });
}

/** The headers an operation names; the many others that every client sends are none of its business. */
function knownHeaders(schema: OperationSchema, headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = Object.keys(schema.headers?.properties ?? {});
  return Object.fromEntries(names.filter((name) => headers[name] !== undefined).map((name) => [name, headers[name]]));
}

/** Methods the contract knows at a concrete path, for the `Allow` header of a 405. Empty: no such path. */
export function methodsAt(contract: ServiceContract, path: string): string[] {
  const methods = Object.values(contract.routes)
    .filter((route) => templatePattern(route.path).test(path))
    .flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  return [...new Set(methods)].sort();
}

function templatePattern(template: string): RegExp {
  const escaped = template.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{[^}]+\}/g, "[^/]+");
  return new RegExp(`^${escaped}$`);
}
