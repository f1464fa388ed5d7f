import { context } from "@opentelemetry/api";
import Fastify, { LogController } from "fastify";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Socket } from "node:net";
import { audienceOf } from "../contract";
import type { ServiceContract } from "../contract";
import type { Logger } from "./logger";
import type { Operations } from "./operation";
import { PROBLEM_MEDIA_TYPE, problem, toProblem } from "./problem";
import type { Readiness } from "./health";
import { closeScope, openScope, scopeOf } from "./request-scope";
import { methodsAt, registerOperations, toTemplate } from "./routes";
import type { Guards } from "./routes";
import { UNMATCHED_ROUTE, injectContext, traceOf } from "./telemetry";
import type { HttpMetrics, Telemetry } from "./telemetry";

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
  readonly telemetry: Telemetry;
  readonly metrics: HttpMetrics;
  readonly readiness: Readiness;
  readonly guards: Guards;
}

/**
 * The server for a contract's published routes. Not listening yet.
 *
 * @throws Error when the operations are not exactly those the contract publishes as available.
 */
export function buildServer(args: ServerArgs): FastifyInstance {
  const { contract, logger } = args;
  // What takes spans in must make none: each would be handed over and taken in again, for ever.
  const untraced = new Set(Object.values(contract.routes).filter((route) => audienceOf(route) === "collector").map(({ path }) => path));
  const app = bareServer(logger, contract.limits, (request, reply) => observe(args, untraced, request, reply));
  app.server.maxConnections = contract.limits.connections;
  app.server.on("drop", () => args.metrics.connectionDropped());
  app.addHook("onRequest", (request, _reply, done) => done(request.is404 ? noRoute(contract, request) : undefined));
  app.addHook("onSend", async (_request, reply) => {
    if (args.readiness.draining) reply.header("connection", "close");
  });
  registerOperations(app, args);
  return app;
}

/**
 * What the published and the admin server have in common: limits, and one form for every error.
 *
 * @param begin is told of every request before anything else. @default nothing: probes and scrapes are no traffic
 */
export function bareServer(
  logger: Logger,
  limits: Pick<ServiceContract["limits"], "requestBodyBytes" | "requestTimeoutMs">,
  begin: (request: FastifyRequest, reply: FastifyReply) => void = () => undefined,
): FastifyInstance {
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
    // A line is tied to its request by the ids of the active span.
    childLoggerFactory: (parent) => parent,
    frameworkErrors: (error, request, reply) => {
      begin(request, reply);
      sendProblem(error, request, reply);
    },
    clientErrorHandler: answerBrokenRequest,
  });
  app.removeContentTypeParser("text/plain");
  readJson(app);
  app.addHook("onRequest", (request, reply, done) => {
    begin(request, reply);
    done();
  });
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) => sendProblem(problem("route-not-found", `there is nothing at '${pathOf(request)}'`), request, reply));
  return app;
}

/**
 * JSON as Fastify reads it, except that no body at all is none, whatever its type is said to be: many clients send the
 * header with every request. Operations that need a body say so by their schema.
 */
function readJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else void parse(request, body.toString(), done);
  });
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const found = toProblem(error);
  const scope = scopeOf(request.raw);
  context.with(scope, () => {
    if (found.status === 500) request.log.error({ err: found, code: found.code }, "request failed");
    else if (found.cause !== undefined && found.status > 500) request.log.warn({ err: found, code: found.code }, "request not served");
  });
  const traceId = traceOf(scope)?.traceId;
  // Bytes, because Fastify would add a charset to a string, which this media type does not have.
  const bytes = Buffer.from(JSON.stringify(found.document({ instance: pathOf(request), ...(traceId === undefined ? {} : { traceId }) })));
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

/** Traces a request, and counts and logs it when its answer is out or its client gone. */
function observe({ contract, metrics, telemetry }: ServerArgs, untraced: ReadonlySet<string>, request: FastifyRequest, reply: FastifyReply): void {
  const startedAt = performance.now();
  const url = request.is404 ? undefined : request.routeOptions.url;
  const route = url === undefined ? undefined : toTemplate(url);
  const path = pathOf(request);
  const traced = route === undefined || !untraced.has(route);
  const scope = openScope(request.raw, { tracer: telemetry.tracer, route, path, traced, timeoutMs: contract.limits.requestTimeoutMs });
  reply.headers(injectContext({}, scope));
  metrics.requestStarted();
  reply.raw.once("close", () => {
    const status = reply.raw.writableFinished ? reply.raw.statusCode : CLIENT_GONE_STATUS;
    const durationMs = performance.now() - startedAt;
    metrics.requestFinished({ method: request.method, route: route ?? UNMATCHED_ROUTE, status, durationMs });
    const entry = { method: request.method, path, route: route ?? UNMATCHED_ROUTE, status, durationMs: Math.round(durationMs * 10) / 10 };
    context.with(scope, () => request.log.info(entry, "request"));
    closeScope(request.raw, status);
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
