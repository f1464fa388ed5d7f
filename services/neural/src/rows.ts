import type { Runtime, Task } from "../schemas";
import type { Model, Version } from "./model";

/** As the driver hands it over: 64-bit numbers are text. */
export interface ModelRow {
  readonly name: string;
  readonly task: Task;
  readonly description: string;
  readonly traffic: Readonly<Record<string, number>>;
  readonly revision: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export interface VersionRow {
  readonly model: string;
  readonly version: string;
  readonly uri: string;
  readonly sha256: string;
  readonly bytes: string;
  readonly runtime: Runtime;
  readonly created_at: Date;
}

export const MODEL_COLUMNS = "name, task, description, traffic, revision, created_at, updated_at";
export const VERSION_COLUMNS = "model, version, uri, sha256, bytes, runtime, created_at";

export function toModel({ name, task, description, traffic, revision, created_at: created, updated_at: updated }: ModelRow): Model {
  return { name, task, description, weights: traffic, revision: Number(revision), createdAt: created.toISOString(), updatedAt: updated.toISOString() };
}

export function toVersion({ model, version, uri, sha256, bytes, runtime, created_at: created }: VersionRow): Version {
  return { model, version, artifact: { uri, sha256, bytes: Number(bytes) }, runtime, createdAt: created.toISOString() };
}
