import { Type } from "typebox";
import {
  DEFAULT_PAGE_SIZE,
  MAX_ARTIFACT_BYTES,
  MAX_CURSOR_LENGTH,
  MAX_DESCRIPTION_LENGTH,
  MAX_PAGE_SIZE,
  MAX_ROUTED_VERSIONS,
  MAX_ROUTE_KEY_LENGTH,
  MAX_URI_LENGTH,
  NAME_PATTERN,
  SHA256_PATTERN,
  TEXT_PATTERN,
  TOTAL_WEIGHT,
  URI_PATTERN,
} from "./limits";

const closed = { additionalProperties: false } as const;
const Name = Type.String({ pattern: NAME_PATTERN });
const Time = Type.String({ description: "RFC 3339, UTC" });
const page = {
  limit: Type.Integer({ minimum: 1, maximum: MAX_PAGE_SIZE, default: DEFAULT_PAGE_SIZE }),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_CURSOR_LENGTH, description: "'nextCursor' of the page before" })),
};
const nextCursor = Type.Optional(Type.String({ description: "absent on the last page" }));

export const TASKS = ["embedding", "generation", "classification"] as const;
export type Task = (typeof TASKS)[number];
export const RUNTIMES = ["onnxruntime", "vllm", "kserve"] as const;
export type Runtime = (typeof RUNTIMES)[number];
const Task = Type.Enum([...TASKS]);
const Runtime = Type.Enum([...RUNTIMES], { description: "what a version is meant to run on; none of them is part of this service yet" });

export const ModelParams = Type.Object({ name: Name }, closed);
export const VersionParams = Type.Object({ name: Name, version: Name }, closed);

export const ModelBody = Type.Object(
  { name: Name, task: Task, description: Type.String({ maxLength: MAX_DESCRIPTION_LENGTH, pattern: TEXT_PATTERN, default: "" }) },
  { ...closed, required: ["name", "task"] },
);

const Weights = Type.Unsafe<Readonly<Record<string, number>>>({
  type: "object",
  minProperties: 1,
  maxProperties: MAX_ROUTED_VERSIONS,
  propertyNames: { pattern: NAME_PATTERN },
  additionalProperties: { type: "integer", minimum: 0, maximum: TOTAL_WEIGHT },
  description: "versions to their share in percent; the sum is 100",
});
export const TrafficBody = Type.Object({ weights: Weights }, closed);
export const TrafficHeaders = Type.Object({ "if-match": Type.Optional(Type.String({ pattern: '^(\\*|"[0-9]{1,18}")$', description: "the ETag that was read, or *" })) });

export const ModelView = Type.Object(
  {
    name: Name,
    task: Task,
    description: Type.String(),
    weights: Type.Unsafe<Readonly<Record<string, number>>>({ type: "object", description: "empty: nothing is routed yet" }),
    revision: Type.Integer({ description: "grows with every change of the weights; the ETag is this in quotes" }),
    createdAt: Time,
    updatedAt: Time,
  },
  closed,
);

export const ModelsQuery = Type.Object({ task: Type.Optional(Task), ...page }, { ...closed, required: [] });
export const ModelList = Type.Object({ models: Type.Array(ModelView), nextCursor }, closed);

const Artifact = Type.Object(
  {
    uri: Type.String({ pattern: URI_PATTERN, maxLength: MAX_URI_LENGTH, description: "https, s3, gs or oci" }),
    sha256: Type.String({ pattern: SHA256_PATTERN }),
    bytes: Type.Integer({ minimum: 1, maximum: MAX_ARTIFACT_BYTES }),
  },
  { ...closed, description: "kept as it is told; the service does not fetch it" },
);
export const VersionBody = Type.Object({ version: Name, artifact: Artifact, runtime: Runtime }, closed);
export const VersionView = Type.Object({ model: Name, version: Name, artifact: Artifact, runtime: Runtime, createdAt: Time }, closed);
export const VersionsQuery = Type.Object(page, { ...closed, required: [] });
export const VersionList = Type.Object({ versions: Type.Array(VersionView), nextCursor }, closed);

export const RouteQuery = Type.Object({ key: Type.String({ minLength: 1, maxLength: MAX_ROUTE_KEY_LENGTH, description: "what has to stay with one version, such as an agent's id" }) }, closed);
export const RouteView = Type.Object({ version: VersionView, weight: Type.Integer(), revision: Type.Integer({ description: "of the weights that decided" }) }, closed);
