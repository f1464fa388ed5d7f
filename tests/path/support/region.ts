import { createTelemetry, serve } from "../../../services/kit/src";
import type { CreateService, RunningService } from "../../../services/kit/src";
import type { ServiceContract } from "../../../services/kit/contract";
import { EtcdClient } from "../../../services/kit/src/etcd";
import { silentLogger, testContext } from "../../../services/kit/test/support/context";
import { NO_ETCD, findEtcd, freePorts, startEtcd } from "../../../services/kit/test/support/etcd-server";
import { contract as agent } from "../../../services/agent/contract";
import { createAgentService } from "../../../services/agent/src/service";
import { contract as messageBus } from "../../../services/message-bus/contract";
import { createMessageBusService } from "../../../services/message-bus/src/service";
import { contract as monitoring } from "../../../services/monitoring/contract";
import { createMonitoringService } from "../../../services/monitoring/src/service";
import { startDatabase } from "../../../services/monitoring/test/support/database";
import { startCollectorStub } from "./collector";

export interface Path {
  readonly agentUrl: string;
  readonly busUrl: string;
  readonly monitoringUrl: string;
  readonly stopBus: () => Promise<void>;
  /** On its old address. */
  readonly startBus: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/**
 * The three services of the path in this process, on a real etcd and a real PostgreSQL; they know one another by HTTP
 * alone. Undefined, with the reason printed, where an engine is missing.
 */
export async function startPath(): Promise<Path | undefined> {
  const binary = findEtcd();
  if (binary === undefined) console.log(`      ${NO_ETCD}`);
  const database = binary === undefined ? undefined : await startDatabase();
  if (binary === undefined || database === undefined) return undefined;
  const etcd = await startEtcd(binary);
  const collector = await startCollectorStub();
  const client = new EtcdClient({ endpoints: etcd.endpoints, tls: etcd.tls });
  const [agentPort = 0, busPort = 0, monitoringPort = 0] = await freePorts(3);
  const url = (port: number): string => `http://127.0.0.1:${port}`;
  const services = { agent: url(agentPort), "message-bus": url(busPort) };

  const start = async <C extends ServiceContract>(contract: C, port: number, create: CreateService<C>, handles: object): Promise<RunningService> => {
    const logger = silentLogger(contract);
    const telemetry = createTelemetry({ service: contract.name, version: contract.version, region: "test", instance: contract.name, logger, endpoint: collector.endpoint });
    const context = testContext(contract, { handles: handles as never, telemetry, logger, services, settings: { criticalJobs: "agent" } as never });
    const quick = { ...context, contract: { ...contract, shutdown: { drainDelayMs: 0, inFlightDeadlineMs: 1_000 } } };
    return serve(quick, create, { port, adminPort: 0, host: "127.0.0.1", close: () => telemetry.shutdown() });
  };
  const startBus = (): Promise<RunningService> => start(messageBus, busPort, createMessageBusService, { etcd: client });
  let bus = await startBus();
  const agents = await start(agent, agentPort, createAgentService, { etcd: client });
  // Nobody answers there: figures are not known, and the path does not need them.
  const watching = await start(monitoring, monitoringPort, createMonitoringService, { postgres: database.postgres, prometheus: { url: "http://127.0.0.1:9" } });
  collector.store = url(monitoringPort);
  return {
    agentUrl: url(agentPort), busUrl: url(busPort), monitoringUrl: url(monitoringPort),
    stopBus: () => bus.stop(),
    startBus: async () => void (bus = await startBus()),
    stop: async () => {
      await agents.stop();
      await bus.stop();
      await watching.stop();
      await collector.stop();
      client.close();
      await etcd.stop();
      await database.stop();
    },
  };
}
