import { createLogger, readConfig, runService } from "../../kit/src";
import type { Logger, RunArgs, RunningService } from "../../kit/src";
import { EtcdClient } from "../../kit/src/etcd";
import { contract } from "../contract";
import { operations } from "./operations";
import { AgentRegistry } from "./registry";
import { AgentRepository } from "./repository";

/** Less than the probe's own timeout, so that the answer says why. */
const ETCD_CHECK_DEADLINE_MS = 1_500;
const ETCD_CALL_TIMEOUT_MS = 3_000;

/** The parts of `runService` that are this service's own. */
export function agentService(etcd: EtcdClient, region: string): Pick<RunArgs, "operations" | "dependencies" | "region"> {
  const registry = new AgentRegistry(new AgentRepository(etcd), region);
  return {
    operations: operations(registry),
    dependencies: [{ name: "etcd", deadlineMs: ETCD_CHECK_DEADLINE_MS, check: (signal) => etcd.ping({ signal }) }],
    region,
  };
}

/**
 * Starts the agent service from its environment. It starts without etcd too, and is not ready until etcd answers.
 *
 * @throws ConfigError with everything that is wrong in the environment.
 */
export async function startAgentService(
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly service: RunningService; readonly logger: Logger }> {
  const config = readConfig(contract.env, env);
  const { region } = config;
  const logger = createLogger({ service: contract.name, version: contract.version, region, level: config.logLevel });
  const etcd = new EtcdClient({
    endpoints: config.etcdEndpoints,
    tls: { caFile: config.etcdCaFile, certFile: config.etcdCertFile, keyFile: config.etcdKeyFile },
    callTimeoutMs: ETCD_CALL_TIMEOUT_MS,
  });
  try {
    const service = await runService({
      ...agentService(etcd, region),
      contract,
      logger,
      port: config.port,
      adminPort: config.adminPort,
      close: () => etcd.close(),
    });
    return { service, logger };
  } catch (error) {
    etcd.close();
    throw error;
  }
}
