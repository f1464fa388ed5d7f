import { Problem, problem, requireMatch, toETag } from "../../kit/src";
import type { Postgres, Query } from "../../kit/src/postgres";
import { PostgresError } from "../../kit/src/postgres";
import { MAX_VERSIONS_PER_MODEL } from "../limits";
import type { Task } from "../schemas";
import type { Model, Version } from "./model";
import { MODEL_COLUMNS, VERSION_COLUMNS, toModel, toVersion } from "./rows";
import type { ModelRow, VersionRow } from "./rows";

interface Options {
  readonly signal?: AbortSignal | undefined;
}

interface PageOptions extends Options {
  readonly after: string | undefined;
  readonly limit: number;
}

/** Models and their versions in PostgreSQL. Throws Problem and PostgresError. */
export class ModelRegistry {
  readonly #postgres: Postgres;

  constructor(postgres: Postgres) {
    this.#postgres = postgres;
  }

  /** @throws Problem 409. */
  async create({ name, task, description }: Pick<Model, "name" | "task" | "description">, options: Options = {}): Promise<Model> {
    const { rows } = await this.#postgres
      .query<ModelRow>(`insert into model (name, task, description) values ($1, $2, $3) returning ${MODEL_COLUMNS}`, [name, task, description], options)
      .catch(because(`there is a model '${name}' already; choose another name`));
    return toModel(only(rows));
  }

  /** @throws Problem 404. */
  async get(name: string, options: Options = {}): Promise<Model> {
    const { rows } = await this.#postgres.query<ModelRow>(`select ${MODEL_COLUMNS} from model where name = $1`, [name], options);
    if (rows[0] === undefined) throw noModel(name);
    return toModel(rows[0]);
  }

  /** In the order of names. */
  async list(task: Task | undefined, { after, limit, signal }: PageOptions): Promise<Model[]> {
    const { rows } = await this.#postgres.query<ModelRow>(
      `select ${MODEL_COLUMNS} from model where ($1::text is null or task = $1) and ($2::text is null or name > $2 collate "C") order by name limit $3`,
      [task, after, limit],
      { signal },
    );
    return rows.map(toModel);
  }

  /** @throws Problem 404, 409. */
  async addVersion({ model, version, artifact, runtime }: Omit<Version, "createdAt">, options: Options = {}): Promise<Version> {
    return this.#postgres
      .transaction(async ({ query }) => {
        await lock(query, model);
        const { rows: counted } = await query<{ count: string }>("select count(*) as count from version where model = $1", [model]);
        if (Number(counted[0]?.count) >= MAX_VERSIONS_PER_MODEL) {
          throw problem("conflict", `model '${model}' has ${MAX_VERSIONS_PER_MODEL} versions, which is the most there can be; register a new model`);
        }
        const { rows } = await query<VersionRow>(
          `insert into version (model, version, uri, sha256, bytes, runtime) values ($1, $2, $3, $4, $5, $6) returning ${VERSION_COLUMNS}`,
          [model, version, artifact.uri, artifact.sha256, artifact.bytes, runtime],
        );
        return toVersion(only(rows));
      }, options)
      .catch(because(`model '${model}' has a version '${version}' already, and versions do not change; choose another name`));
  }

  /** @throws Problem 404. */
  async getVersion(model: string, version: string, options: Options = {}): Promise<Version> {
    const { rows } = await this.#postgres.query<VersionRow>(`select ${VERSION_COLUMNS} from version where model = $1 and version = $2`, [model, version], options);
    if (rows[0] === undefined) throw problem("not-found", `there is no version '${version}' of a model '${model}'`);
    return toVersion(rows[0]);
  }

  /** In the order of names. @throws Problem 404. */
  async listVersions(model: string, { after, limit, signal }: PageOptions): Promise<Version[]> {
    await this.get(model, { signal });
    const { rows } = await this.#postgres.query<VersionRow>(
      `select ${VERSION_COLUMNS} from version where model = $1 and ($2::text is null or version > $2 collate "C") order by version limit $3`,
      [model, after, limit],
      { signal },
    );
    return rows.map(toVersion);
  }

  /** @throws Problem 404, 412, 422 `unknown-version`. */
  async setWeights(model: string, weights: Readonly<Record<string, number>>, ifMatch: string | undefined, options: Options = {}): Promise<Model> {
    return this.#postgres.transaction(async ({ query }) => {
      const current = await lock(query, model);
      requireMatch(ifMatch, toETag(current.revision));
      const { rows: known } = await query<{ version: string }>("select version from version where model = $1 and version = any($2)", [model, Object.keys(weights)]);
      const unknown = Object.keys(weights).filter((version) => !known.some((row) => row.version === version));
      if (unknown.length > 0) throw unknownVersions(model, unknown);
      const { rows } = await query<ModelRow>(
        `update model set traffic = $2, revision = revision + 1, updated_at = clock_timestamp() where name = $1 returning ${MODEL_COLUMNS}`,
        [model, JSON.stringify(weights)],
      );
      return toModel(only(rows));
    }, options);
  }
}

/** Keeps a model as it is until the end of the transaction. @throws Problem 404. */
async function lock(query: Query, name: string): Promise<Model> {
  const { rows } = await query<ModelRow>(`select ${MODEL_COLUMNS} from model where name = $1 for update`, [name]);
  if (rows[0] === undefined) throw noModel(name);
  return toModel(rows[0]);
}

function noModel(name: string): Problem {
  return problem("not-found", `there is no model '${name}'`);
}

function unknownVersions(model: string, unknown: readonly string[]): Problem {
  return new Problem({
    code: "unknown-version", status: 422, title: "The model has no such version",
    detail: `model '${model}' has no version ${unknown.map((version) => `'${version}'`).join(", ")}; register it first, or leave it out`,
    extensions: { unknown },
  });
}

/** Turns a taken name into a problem that says which. */
function because(detail: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof PostgresError && error.code === "unique-violation" ? problem("conflict", detail, { cause: error }) : error;
  };
}

function only<R>([row]: readonly R[]): R {
  if (row === undefined) throw new Error("a row was written and not returned");
  return row;
}
