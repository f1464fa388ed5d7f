import type { TSchema } from "typebox";
import { audienceOf } from "../contract";
import type { PublishedRoute, ServiceContract } from "../contract";
import type { OperationSchema } from "../operation-schema";
import { PROBLEM_MEDIA_TYPE } from "./problem";

/** An OpenAPI 3.1 document; its schemas are JSON Schema 2020-12, which is what TypeBox makes. */
export interface OpenApiDocument {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

const PROBLEM_SCHEMA = {
  type: "object",
  description: "RFC 9457; `code` is stable, the texts are not.",
  required: ["type", "title", "status", "detail", "code"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    instance: { type: "string" },
    code: { type: "string" },
    traceId: { type: "string" },
    violations: {
      type: "array",
      items: {
        type: "object",
        required: ["in", "pointer", "detail"],
        properties: { in: { enum: ["body", "query", "path", "header"] }, pointer: { type: "string" }, detail: { type: "string" } },
      },
    },
  },
};

/** Describes all published routes, built or not, from the schemas that validate the requests. */
export function describeApi(contract: ServiceContract): OpenApiDocument {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [operationId, route] of Object.entries(contract.routes)) {
    const path = (paths[route.path] ??= {});
    path[route.method.toLowerCase()] = describeOperation(operationId, route);
  }
  return {
    openapi: "3.1.0",
    info: { title: contract.name, version: contract.version, description: contract.summary },
    paths,
    components: { schemas: { Problem: PROBLEM_SCHEMA } },
  };
}

function describeOperation(operationId: string, route: PublishedRoute): Record<string, unknown> {
  const schema = route.status === "available" ? route.schema : undefined;
  const parameters = [
    ...parametersOf("path", schema?.params),
    ...parametersOf("query", schema?.query),
    ...parametersOf("header", schema?.headers),
  ];
  const undeclared = [...route.path.matchAll(/\{([^}]+)\}/g)]
    .flatMap(([, name]) => (name === undefined ? [] : [name]))
    .filter((name) => !parameters.some((parameter) => parameter.in === "path" && parameter.name === name))
    .map((name) => ({ name, in: "path", required: true, schema: { type: "string" } }));
  const responses: Record<string, unknown> = {};
  for (const [status, response] of Object.entries(schema?.responses ?? {})) {
    const headers = Object.entries(response.headers ?? {}).map(([name, description]) => [name, { description, schema: { type: "string" } }] as const);
    responses[status] = {
      description: response.description,
      ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
      ...(response.body === undefined ? {} : { content: { "application/json": { schema: response.body } } }),
    };
  }
  for (const [code, { status, description }] of Object.entries(schema?.problems ?? {})) {
    responses[String(status)] ??= problemResponse(`${code}: ${description}`);
  }
  if (schema === undefined) responses["501"] = problemResponse("not-built: published, and not built yet");
  responses["default"] = problemResponse("Any other error");
  return {
    operationId,
    summary: route.summary,
    "x-audience": audienceOf(route),
    parameters: [...parameters, ...undeclared],
    ...(schema?.body === undefined ? {} : { requestBody: { required: true, content: { "application/json": { schema: schema.body } } } }),
    responses,
  };
}

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly schema: TSchema;
}

function parametersOf(where: Parameter["in"], schema: OperationSchema["params"]): Parameter[] {
  if (schema === undefined) return [];
  const required: readonly string[] = schema.required ?? [];
  return Object.entries(schema.properties).map(([name, property]) => ({ name, in: where, required: required.includes(name), schema: property }));
}

function problemResponse(description: string): Record<string, unknown> {
  return { description, content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } } };
}
