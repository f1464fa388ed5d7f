import { Writable } from "node:stream";
import type { Need, ServiceContract } from "../../contract";
import { createLogger, createTelemetry, serve } from "../../src";
import type { CreateService, Logger, RunningService, ServiceContext, Telemetry } from "../../src";
import { openClients } from "../../src/clients";
import type { ConfigOf } from "../../src/config";
import type { Dependency } from "../../src/health";

/** A logger that nobody reads. */
export function silentLogger(contract: Pick<ServiceContract, "name" | "version">): Logger {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  return createLogger({ service: contract.name, version: contract.version, region: "test", level: "error", destination: nowhere });
}

export interface TestContextArgs<C extends ServiceContract> {
  /** What the contract needs, connected: `etcd: EtcdClient` and so on. */
  readonly handles: { readonly [N in C["needs"][number] & Need]: unknown };
  readonly settings?: Partial<ConfigOf<C["env"]>>;
  readonly logger?: Logger;
  /** @default one that exports nothing */
  readonly telemetry?: Telemetry;
  /** Where Restate calls durable handlers. @default none */
  readonly handlersPort?: number;
  /** Base URL of each called service, by name. @default none can be called */
  readonly services?: Readonly<Record<string, string>>;
}

/** Traces and metrics that go nowhere. */
export function quietTelemetry(contract: Pick<ServiceContract, "name" | "version">, logger: Logger = silentLogger(contract)): Telemetry {
  return createTelemetry({ service: contract.name, version: contract.version, region: "test", instance: `${contract.name}-test`, logger });
}

/** The context that `startService` would make, from what a test has started by itself. */
export function testContext<C extends ServiceContract>(contract: C, args: TestContextArgs<C>): ServiceContext<C> {
  const logger = args.logger ?? silentLogger(contract);
  const telemetry = args.telemetry ?? quietTelemetry(contract, logger);
  const { client } = openClients({ contract, urls: args.services ?? {}, telemetry, logger });
  const own = { contract, region: "test", instance: `${contract.name}-test`, logger, telemetry, client, settings: args.settings ?? {}, handlersPort: args.handlersPort };
  return { ...own, ...args.handles } as unknown as ServiceContext<C>;
}

/** Runs a service in this process on free ports of loopback, with a drain that does not wait. */
export function serveTest<C extends ServiceContract>(
  context: ServiceContext<C>,
  create: CreateService<C>,
  options: { readonly dependencies?: readonly Dependency[]; readonly close?: () => Promise<void> | void } = {},
): Promise<RunningService> {
  const contract = { ...context.contract, shutdown: { drainDelayMs: 0, inFlightDeadlineMs: 1_000 } };
  const close = async (): Promise<void> => {
    await options.close?.();
    await context.telemetry.shutdown();
  };
  return serve({ ...context, contract }, create, { port: 0, adminPort: 0, host: "127.0.0.1", ...options, close });
}
