export { PostgresError } from "./errors";
export { MigrationError, migrate, migrationsDirectory } from "./migrations";
export { Migrator } from "./migrator";
export type { MigrateArgs } from "./migrations";
export { createPostgres } from "./postgres";
export type { Rows } from "./connection";
export type { Postgres, PostgresArgs, Query, QueryOptions, Transaction, TransactionOptions } from "./postgres";
export type { PostgresSettings } from "./settings";
