import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import Postgrator from "postgrator";
import type { Logger } from "../logger";
import type { Postgres, Query } from "./postgres";

/** `001.do.create-workflows.sql`: three digits without gaps, `do`, and what it does. */
const FILE_NAME = /^(\d{3})\.do\.[a-z0-9][a-z0-9-]{0,60}\.sql$/;
const TABLE = "schemaversion";
/** Waiting for another replica's migrations included. */
const MIGRATION_DEADLINE_MS = 120_000;

/** Everything that keeps the schema from being brought up to date, at once. Trying again does not help. */
export class MigrationError extends Error {
  readonly code = "migrations-refused";
  readonly faults: readonly string[];

  constructor(schema: string, faults: readonly string[]) {
    super(`the migrations of schema '${schema}' cannot be applied:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`);
    this.name = "MigrationError";
    this.faults = faults;
  }
}

export interface MigrateArgs {
  readonly postgres: Postgres;
  /** Folder with the files; see `FILE_NAME`. */
  readonly directory: string;
  readonly logger: Logger;
  readonly signal?: AbortSignal;
}

/**
 * Brings the service's schema up to the newest migration, all of them in one transaction. Replicas that start together
 * wait for each other, and the files are applied once.
 *
 * @returns names of the files that were applied now.
 * @throws MigrationError when files and database do not fit each other; PostgresError when a statement fails.
 */
export async function migrate({ postgres, directory, logger, signal }: MigrateArgs): Promise<readonly string[]> {
  const schema = postgres.settings.user;
  const known = readMigrations(schema, directory);
  return postgres.transaction(
    async ({ query }) => {
      await query(`set local statement_timeout = ${MIGRATION_DEADLINE_MS}; set local idle_in_transaction_session_timeout = 0`);
      await query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [`migrations of ${schema}`]);
      const postgrator = postgratorFor(schema, directory, query);
      const files = await postgrator.getMigrations();
      const faults = await faultsAgainst(schema, files, query);
      if (faults.length > 0) throw new MigrationError(schema, faults);
      const applied = await postgrator.migrate();
      const names = applied.map(({ filename }) => filename.split("/").at(-1) ?? filename);
      logger.info({ schema, applied: names, version: known }, "schema is up to date");
      return names;
    },
    { signal, deadlineMs: MIGRATION_DEADLINE_MS },
  );
}

/** @returns the newest version among the files. */
function readMigrations(schema: string, directory: string): number {
  if (!existsSync(directory)) throw new MigrationError(schema, [`'${directory}' does not exist; put the service's migrations there`]);
  const names = readdirSync(directory).sort();
  const faults = names
    .filter((name) => !FILE_NAME.test(name))
    .map((name) => `'${name}' must be named like '001.do.create-things.sql'`);
  const versions = names.flatMap((name) => FILE_NAME.exec(name)?.[1] ?? []).map(Number);
  for (const [index, version] of versions.entries()) {
    if (versions.indexOf(version) !== index) faults.push(`version ${version} is there more than once; give each file its own number`);
  }
  for (let version = 1; version < (versions.at(-1) ?? 0); version += 1) {
    if (!versions.includes(version)) faults.push(`version ${version} is missing; number the files from 001 without gaps`);
  }
  if (versions.length === 0) faults.push(`'${directory}' holds no migration; add '001.do.<title>.sql'`);
  if (faults.length > 0) throw new MigrationError(schema, faults);
  return versions.at(-1) ?? 0;
}

/** The table is made here, because the library would first create the schema, which a service's role may not do. */
async function faultsAgainst(schema: string, files: readonly Postgrator.Migration[], query: Query): Promise<string[]> {
  const table = `"${schema}"."${TABLE}"`;
  await query(`create table if not exists ${table} (version bigint primary key, name text, md5 text, run_at timestamptz)`);
  await query(`insert into ${table} (version) values (0) on conflict do nothing`);
  const { rows } = await query<{ version: string; name: string; md5: string }>(`select version, name, md5 from ${table} where version > 0 order by version`);
  const newest = Math.max(...files.map(({ version }) => version));
  return rows.flatMap(({ version, name, md5 }) => {
    const file = files.find((each) => each.version === Number(version));
    if (Number(version) > newest) return [`the database is at version ${version} (${name}) and this code knows ${newest}; run code that is at least as new`];
    if (file === undefined) return [`version ${version} (${name}) was applied and its file is gone; put it back`];
    if (file.md5 !== md5) return [`'${file.filename.split("/").at(-1)}' was changed after it was applied; restore it and put the change into a new file`];
    return [];
  });
}

function postgratorFor(schema: string, directory: string, query: Query): Postgrator {
  return new Postgrator({
    driver: "pg",
    migrationPattern: join(directory, "*.sql"),
    schemaTable: `${schema}.${TABLE}`,
    execQuery: async (text) => query(text),
  });
}

/**
 * Folder of a service's migrations: `MIGRATIONS_DIR`, else `migrations` beside the bundle, else in the service's source
 * folder.
 */
export function migrationsDirectory(service: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const named = env["MIGRATIONS_DIR"]?.trim();
  if (named !== undefined && named !== "") return named;
  const started = process.argv[1];
  const places = [...(started === undefined ? [] : [join(dirname(started), "migrations")]), join(__dirname, "..", "..", "..", service, "migrations")];
  return places.find((place) => existsSync(place));
}
