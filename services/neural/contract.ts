import { HEALTH_PATHS, SERVICE_LIMITS, SERVICE_OBJECTIVE, SERVICE_PORTS, SERVICE_SHUTDOWN, defineContract } from "../kit/contract";
import {
  ModelBody,
  ModelList,
  ModelParams,
  ModelView,
  ModelsQuery,
  RouteQuery,
  RouteView,
  TrafficBody,
  TrafficHeaders,
  VersionBody,
  VersionList,
  VersionParams,
  VersionView,
  VersionsQuery,
} from "./schemas";

export const ROOT = "/api/v1/neural";
export const MODELS = `${ROOT}/models` as const;
const MODEL = `${MODELS}/{name}` as const;
const VERSIONS = `${MODEL}/versions` as const;

const ETAG = { etag: "the revision of the model's weights, in quotes" } as const;
const NOT_FOUND = { "not-found": { status: 404, description: "there is no such model or version" } } as const;
const EXISTS = { conflict: { status: 409, description: "there is one of this name already" } } as const;

/** The neural service: which models there are, in which versions, and which version a caller gets. */
export const contract = defineContract({
  name: "neural",
  version: "1.0.0",
  summary: "Registry of models and their versions, with canaries by weight",
  ports: SERVICE_PORTS,
  prefixes: [ROOT],
  routes: {
    createModel: {
      method: "POST",
      path: MODELS,
      summary: "Register a model",
      status: "available",
      idempotency: "key",
      schema: { body: ModelBody, responses: { 201: { description: "Registered", body: ModelView, headers: { ...ETAG, location: "path of the model" } } }, problems: EXISTS },
    },
    listModels: {
      method: "GET",
      path: MODELS,
      summary: "List models by task",
      status: "available",
      schema: { query: ModelsQuery, responses: { 200: { description: "One page, in the order of names", body: ModelList } } },
    },
    getModel: {
      method: "GET",
      path: MODEL,
      summary: "Read one model",
      status: "available",
      schema: { params: ModelParams, responses: { 200: { description: "The model", body: ModelView, headers: ETAG } }, problems: NOT_FOUND },
    },
    createVersion: {
      method: "POST",
      path: VERSIONS,
      summary: "Register a version of a model; it never changes afterwards",
      status: "available",
      idempotency: "key",
      schema: {
        params: ModelParams,
        body: VersionBody,
        responses: { 201: { description: "Registered", body: VersionView, headers: { location: "path of the version" } } },
        problems: { ...NOT_FOUND, ...EXISTS },
      },
    },
    listVersions: {
      method: "GET",
      path: VERSIONS,
      summary: "List the versions of a model",
      status: "available",
      schema: { params: ModelParams, query: VersionsQuery, responses: { 200: { description: "One page, in the order of names", body: VersionList } }, problems: NOT_FOUND },
    },
    getVersion: {
      method: "GET",
      path: `${VERSIONS}/{version}`,
      summary: "Read one version",
      status: "available",
      schema: { params: VersionParams, responses: { 200: { description: "The version", body: VersionView } }, problems: NOT_FOUND },
    },
    putTraffic: {
      method: "PUT",
      path: `${MODEL}/traffic`,
      summary: "Say which share of callers gets which version",
      status: "available",
      schema: {
        params: ModelParams,
        headers: TrafficHeaders,
        body: TrafficBody,
        responses: { 200: { description: "Set", body: ModelView, headers: ETAG } },
        problems: {
          ...NOT_FOUND,
          "precondition-failed": { status: 412, description: "the weights are not at the revision of 'If-Match'" },
          "unknown-version": { status: 422, description: "the model has no such versions; 'unknown' names them" },
        },
      },
    },
    routeKey: {
      method: "GET",
      path: `${MODEL}/route`,
      summary: "Find the version that a key gets",
      status: "available",
      schema: {
        params: ModelParams,
        query: RouteQuery,
        responses: { 200: { description: "The version", body: RouteView, headers: ETAG } },
        problems: { ...NOT_FOUND, "no-traffic": { status: 409, description: "no weights have been set yet" } },
      },
    },
    embed: { method: "POST", path: `${MODEL}/embed`, summary: "Embed text with a model", status: "planned" },
    infer: { method: "POST", path: `${MODEL}/infer`, summary: "Run a model", status: "planned" },
  },
  health: HEALTH_PATHS,
  limits: SERVICE_LIMITS,
  shutdown: SERVICE_SHUTDOWN,
  needs: ["postgres"],
  stores: [{ system: "postgres", prefix: "neural", holds: "models, their versions and weights" }],
  topics: { publishes: [], consumes: [] },
  env: {},
  calls: [],
  slo: SERVICE_OBJECTIVE,
});
