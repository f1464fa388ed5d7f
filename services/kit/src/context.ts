import { hostname } from "node:os";
import type { Need, ServiceContract } from "../contract";
import type { EtcdClient } from "./etcd";
import type { AccessOf } from "../environment";
import { openClients } from "./clients";
import type { Clients } from "./clients";
import type { ConfigOf } from "./config";
import { guardsOf } from "./guards";
import type { Dependency } from "./health";
import type { Logger } from "./logger";
import { createLogger } from "./logger";
import type { OperationsOf } from "./operation";
import type { Postgres } from "./postgres";
import type { Redis } from "./redis";
import { runService } from "./run";
import type { RunningService } from "./run";
import { readServiceConfig } from "./service-config";
import type { ServiceConfig } from "./service-config";
import { openStores } from "./stores";
import { createTelemetry } from "./telemetry";
import type { Telemetry } from "./telemetry";

/** A property that only services with a need have. */
export type WhenNeeded<C extends ServiceContract, N extends Need, T> = N extends C["needs"][number] ? T : undefined;

/** What a service is made from: all that its contract asks for, connected. */
export interface ServiceContext<C extends ServiceContract = ServiceContract> {
  readonly contract: C;
  readonly region: string;
  /** Name of this process among the service's replicas: the pod's. */
  readonly instance: string;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** The contract's own variables. */
  readonly settings: ConfigOf<C["env"]>;
  readonly etcd: WhenNeeded<C, "etcd", EtcdClient>;
  readonly postgres: WhenNeeded<C, "postgres", Postgres>;
  readonly redis: WhenNeeded<C, "redis", Redis>;
  readonly restate: WhenNeeded<C, "restate", AccessOf["restate"]>;
  readonly prometheus: WhenNeeded<C, "prometheus", AccessOf["prometheus"]>;
  /** Where Restate calls durable handlers; only of contracts that name such a port. */
  readonly handlersPort: C["ports"]["handlers"] extends number ? number : undefined;
  /** Client of a service that the contract names in `calls`; the same one each time. */
  readonly client: Clients["client"];
}

/** What a service is made of. */
export interface ServiceParts<C extends ServiceContract = ServiceContract> {
  readonly operations: OperationsOf<C>;
  /** What readiness reflects besides what the contract needs. @default none */
  readonly dependencies?: readonly Dependency[];
  /** Work that goes on beside requests until its signal is aborted. One that rejects ends the process. @default none */
  readonly background?: readonly ((signal: AbortSignal) => Promise<void>)[];
  /** Lets go of what the service itself opened, after the last request. @default nothing */
  readonly close?: () => Promise<void> | void;
}

export type CreateService<C extends ServiceContract> = (context: ServiceContext<C>) => ServiceParts<C> | Promise<ServiceParts<C>>;

/**
 * Starts a service from its environment. It starts without its stores too, and is not ready until they answer.
 *
 * @throws ConfigError with everything that is wrong in the environment.
 */
export async function startService<C extends ServiceContract>(
  contract: C,
  create: CreateService<C>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly service: RunningService; readonly logger: Logger }> {
  const config = readServiceConfig(contract, env);
  const { region } = config;
  const { name: service, version } = contract;
  const logger = createLogger({ service, version, region, level: config.logLevel });
  const telemetry = createTelemetry({ service, version, region, instance: hostname(), endpoint: config.otlpEndpoint, sampleRatio: config.traceSampleRatio, logger });
  const close: (() => Promise<void>)[] = [() => telemetry.shutdown()];
  // What was opened last is closed first: clients, stores, telemetry.
  const closeAll = async (): Promise<void> => {
    for (const each of close.splice(0).reverse()) await each();
  };
  try {
    const stores = openStores({ contract, access: config.access, env, telemetry, logger });
    close.push(stores.close);
    const clients = openClients({ contract, urls: config.services, telemetry, logger });
    close.push(clients.close);
    const context = contextOf(contract, config, { logger, telemetry, client: clients.client, ...stores.handles });
    const { port, adminPort } = config;
    const running = await serve(context, create, { port, adminPort, dependencies: stores.dependencies, background: stores.background, close: closeAll });
    return { service: running, logger };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function contextOf<C extends ServiceContract>(contract: C, { region, settings, handlersPort }: ServiceConfig<C>, opened: object): ServiceContext<C> {
  return { contract, region, instance: hostname(), settings, handlersPort, ...opened } as unknown as ServiceContext<C>;
}

export interface ServeOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly adminPort: number;
  /** @default every interface */
  readonly host?: string;
  /** Readiness of what the context holds. */
  readonly dependencies?: readonly Dependency[];
  /** Work that the context needs beside requests. @default none */
  readonly background?: ServiceParts["background"];
  /** Lets go of what the context holds, after everything else. */
  readonly close?: () => Promise<void> | void;
}

/** Runs a service on a context. */
export async function serve<C extends ServiceContract>(context: ServiceContext<C>, create: CreateService<C>, options: ServeOptions): Promise<RunningService> {
  const { contract, region, logger, telemetry } = context;
  const { etcd, postgres, redis } = context as unknown as Pick<Parameters<typeof guardsOf>[0], "etcd" | "postgres" | "redis">;
  const parts = await create(context);
  const ending = new AbortController();
  const work: Promise<void>[] = [];
  const service = await runService({
    contract,
    operations: parts.operations,
    guards: guardsOf({ contract, telemetry, logger, etcd, postgres, redis }),
    dependencies: [...(options.dependencies ?? []), ...(parts.dependencies ?? [])],
    region,
    logger,
    telemetry,
    port: options.port,
    adminPort: options.adminPort,
    ...(options.host === undefined ? {} : { host: options.host }),
    close: async () => {
      ending.abort();
      await Promise.allSettled(work);
      await parts.close?.();
      await options.close?.();
    },
  });
  for (const run of [...(options.background ?? []), ...(parts.background ?? [])]) work.push(backgroundWork(run, ending.signal));
  return service;
}

/** A rejection is left unhandled on purpose: `runProcess` ends the process, and the platform starts a fresh one. */
function backgroundWork(run: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
  const running = run(signal);
  void running.catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return running;
}
