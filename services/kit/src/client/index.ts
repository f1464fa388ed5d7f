export { createClient } from "./client";
export type { ClientArgs, Response, ServiceClient } from "./client";
export { CallCancelled, CallError, CircuitOpen, DeadlineExceeded, UpstreamProblem, UpstreamUnavailable } from "./errors";
export type { CallInput, CallOptions } from "./request";
