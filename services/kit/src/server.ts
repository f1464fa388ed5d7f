import Fastify, { LogController } from "fastify";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Socket } from "node:net";
import type { ServiceContract } from "../contract";
import type { Logger } from "./logger";
import { UNMATCHED_ROUTE } from "./metrics";
import type { Metrics } from "./metrics";
import type { Operations } from "./operation";
import { PROBLEM_MEDIA_TYPE, problem, toProblem } from "./problem";
import type { Readiness } from "./health";
import { methodsAt, registerOperations } from "./routes";
import { formatTraceparent, traceOf } from "./trace";

/**
 * How long an unused connection is kept. It has to be longer than the edge keeps its own pool, or the edge would
 * now and then send a request on a connection that is just being closed.
 */
export const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const HEADERS_TIMEOUT_MS = 5_000;
/** How often Node looks for connections that overran their time. */
const TIMEOUT_CHECK_MS = 1_000;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_PATH_PARAMETER_LENGTH = 128;
/** What a client gets whose connection ended before its request did; never sent, only counted and logged. */
const CLIENT_GONE_STATUS = 499;

export interface ServerArgs {
  readonly contract: ServiceContract;
  readonly operations: Operations;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
}

/**
 * The server for a contract's published routes. Not listening yet.
 *
 * @throws Error when the operations are not exactly those the contract publishes as available.
 */
export function buildServer(args: ServerArgs): FastifyInstance {
  const { contract, operations, logger } = args;
  const app = bareServer(logger, contract.limits);
  app.server.maxConnections = contract.limits.connections;
  app.server.on("drop", () => args.metrics.connectionDropped());
  app.addHook("onRequest", async (request, reply) => {
    observe(args, request, reply);
    if (request.is404) throw noRoute(contract, request);
  });
  app.addHook("onSend", async (_request, reply) => {
    if (args.readiness.draining) reply.header("connection", "close");
  });
  registerOperations(app, contract, operations);
  return app;
}

/** What the published and the admin server have in common: limits, and one form for every error. */
export function bareServer(logger: Logger, limits: Pick<ServiceContract["limits"], "requestBodyBytes" | "requestTimeoutMs">): FastifyInstance {
  const loggerInstance: FastifyBaseLogger = logger;
  const app = Fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: limits.requestBodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: { headersTimeout: Math.min(HEADERS_TIMEOUT_MS, limits.requestTimeoutMs), connectionsCheckingInterval: TIMEOUT_CHECK_MS, maxHeaderSize: MAX_HEADER_BYTES },
    routerOptions: { maxParamLength: MAX_PATH_PARAMETER_LENGTH },
    // Draining is done by `Connections`, which knows what each connection is doing.
    return503OnClosing: false,
    forceCloseConnections: false,
    genReqId: (request) => traceOf(request).spanId,
    childLoggerFactory: (parent, _bindings, options, request) => {
      const { traceId, spanId } = traceOf(request);
      return parent.child({ traceId, spanId }, options);
    },
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply),
    clientErrorHandler: answerBrokenRequest,
  });
  app.removeContentTypeParser("text/plain");
  app.addHook("onRequest", async (request, reply) => {
    reply.header("traceparent", formatTraceparent(traceOf(request.raw)));
  });
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) => sendProblem(problem("route-not-found", `there is nothing at '${pathOf(request)}'`), request, reply));
  return app;
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const found = toProblem(error);
  if (found.status === 500) request.log.error({ err: found, code: found.code }, "request failed");
  else if (found.cause !== undefined && found.status > 500) request.log.warn({ err: found, code: found.code }, "request not served");
  const { traceId } = traceOf(request.raw);
  // Bytes, because Fastify would add a charset to a string, which this media type does not have.
  const bytes = Buffer.from(JSON.stringify(found.document({ instance: pathOf(request), traceId })));
  void reply.code(found.status).headers(found.headers).header("content-type", PROBLEM_MEDIA_TYPE).send(bytes);
}

function noRoute(contract: ServiceContract, request: FastifyRequest): Error {
  const path = pathOf(request);
  const allowed = methodsAt(contract, path);
  if (allowed.length === 0) return problem("route-not-found", `there is nothing at '${path}'; published paths start with ${contract.prefixes.map((prefix) => `'${prefix}'`).join(" or ")}`);
  return problem("method-not-allowed", `'${request.method}' is not supported at '${path}'; use ${allowed.join(", ")}`, {
    headers: { allow: allowed.join(", ") },
  });
}

/** Counts and logs a request when its answer is out, or its client gone. */
function observe({ metrics }: ServerArgs, request: FastifyRequest, reply: FastifyReply): void {
  const startedAt = performance.now();
  metrics.requestStarted();
  reply.raw.once("close", () => {
    const route = request.is404 ? UNMATCHED_ROUTE : (request.routeOptions.url ?? UNMATCHED_ROUTE);
    const status = reply.raw.writableFinished ? reply.raw.statusCode : CLIENT_GONE_STATUS;
    const durationMs = performance.now() - startedAt;
    metrics.requestFinished({ method: request.method, route, status, durationMs });
    // The query stays out of the log: it is the caller's, and may hold anything.
    request.log.info({ method: request.method, path: pathOf(request), route, status, durationMs: Math.round(durationMs * 10) / 10 }, "request");
  });
}

function pathOf(request: FastifyRequest): string {
  const [path] = request.url.split("?", 1);
  return path ?? request.url;
}

/** Requests that Node's parser gave up on never reach a route; their answer is written by hand. */
function answerBrokenRequest(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const found =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? problem("request-timeout", "the request did not arrive in time")
    : error.code === "HPE_HEADER_OVERFLOW" ? problem("headers-too-large", `the headers are larger than ${MAX_HEADER_BYTES} bytes`)
    : problem("malformed-request", "this is not a valid HTTP/1.1 request");
  const text = JSON.stringify(found.document());
  socket.end(
    `HTTP/1.1 ${found.status} ${found.code}\r\ncontent-type: ${PROBLEM_MEDIA_TYPE}\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  );
}
