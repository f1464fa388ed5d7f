import type { Need, ServiceContract } from "../contract";
import type { AccessOf, PostgresAccess } from "../environment";
import { EtcdClient } from "./etcd";
import type { Dependency } from "./health";
import type { Logger } from "./logger";
import { MigrationError, Migrator, createPostgres, migrationsDirectory } from "./postgres";
import { createRedis } from "./redis";
import type { Telemetry } from "./telemetry";

/** Less than the probe's own timeout, so that the answer says why. */
const CHECK_DEADLINE_MS = 1_500;
const ETCD_CALL_TIMEOUT_MS = 3_000;

export interface Stores {
  /** By need; what only has an address is handed on as it is. */
  readonly handles: Readonly<Partial<Record<Need, unknown>>>;
  readonly dependencies: readonly Dependency[];
  /** What has to be done at the start and may have to wait for a store. */
  readonly background: readonly ((signal: AbortSignal) => Promise<void>)[];
  readonly close: () => Promise<void>;
}

export interface StoresArgs {
  readonly contract: ServiceContract;
  readonly access: Partial<AccessOf>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
}

/** One need, opened. */
interface Opened {
  readonly handle: unknown;
  readonly dependencies?: readonly Dependency[];
  readonly background?: readonly ((signal: AbortSignal) => Promise<void>)[];
  readonly close?: () => Promise<void> | void;
}

/**
 * Opens what a contract needs. Nothing connects before its first use, or waits for it.
 *
 * @throws MigrationError when the contract stores something in PostgreSQL and no migration makes the place for it.
 */
export function openStores(args: StoresArgs): Stores {
  const opened = args.contract.needs.map((need) => [need, open(need, args)] as const);
  const all = opened.map(([, one]) => one);
  return {
    handles: Object.fromEntries(opened.map(([need, { handle }]) => [need, handle])),
    dependencies: all.flatMap(({ dependencies }) => dependencies ?? []),
    background: all.flatMap(({ background }) => background ?? []),
    close: async () => {
      await Promise.allSettled(all.map(async ({ close }) => close?.()));
    },
  };
}

function open(need: Need, args: StoresArgs): Opened {
  const { contract, access, telemetry, logger } = args;
  switch (need) {
    case "etcd": {
      const { endpoints, ...tls } = provided(access, need);
      const handle = new EtcdClient({ endpoints, tls, callTimeoutMs: ETCD_CALL_TIMEOUT_MS });
      return { handle, dependencies: [checked("etcd", (signal) => handle.ping({ signal }))], close: () => handle.close() };
    }
    case "postgres":
      return openPostgres(args, provided(access, need));
    case "redis": {
      const handle = createRedis({ settings: provided(access, need), telemetry, logger, clientName: contract.name });
      // It holds what can be lost, caches and rates, so a service goes on without it.
      const dependency: Dependency = { ...checked("redis", (signal) => handle.check(signal)), effect: "degrades" };
      return { handle, dependencies: [dependency], close: () => handle.end() };
    }
    case "restate":
    case "prometheus":
      return { handle: provided(access, need) };
  }
}

function openPostgres({ contract, env, telemetry, logger }: StoresArgs, settings: PostgresAccess): Opened {
  const directory = migrationsDirectory(contract.name, env);
  const stored = contract.stores.filter(({ system }) => system === "postgres");
  if (directory === undefined && stored.length > 0) {
    throw new MigrationError(settings.user, stored.map(({ holds }) => `'${holds}' has no place: there is no folder 'migrations' beside the program, nor does MIGRATIONS_DIR name one`));
  }
  const postgres = createPostgres({ settings, telemetry, logger, applicationName: contract.name });
  const dependencies = [checked("postgres", (signal) => postgres.check(signal))];
  const close = (): Promise<void> => postgres.end();
  if (directory === undefined) return { handle: postgres, dependencies, close };
  const migrator = new Migrator({ postgres, directory, logger });
  return { handle: postgres, dependencies: [...dependencies, migrator.dependency], background: [(signal) => migrator.run(signal)], close };
}

function checked(name: string, check: Dependency["check"]): Dependency {
  return { name, deadlineMs: CHECK_DEADLINE_MS, check };
}

function provided<N extends Need>(access: Partial<AccessOf>, need: N): AccessOf[N] {
  const found = access[need];
  if (found === undefined) throw new Error(`the access to '${need}' was not read; it is one of the contract's needs`);
  return found;
}
