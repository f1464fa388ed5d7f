import { ConfigError } from "../../kit/src";
import type { ServiceContext, ServiceParts } from "../../kit/src";
import { redisRateLimiter } from "../../kit/src/rate-limit";
import { contract } from "../contract";
import { Admission } from "./admission";
import { Gateway } from "./gateway";
import { Ledger } from "./ledger";
import { operations } from "./operations";
import { Provider } from "./provider";
import { parseProviders } from "./provider-settings";
import { Routing } from "./routing";
import { parseTenants } from "./tenant-settings";

/**
 * The provider gateway with the providers and tenants that its settings name.
 *
 * @throws ConfigError with everything that is wrong in them.
 */
export function createProviderGateway(context: ServiceContext<typeof contract>): ServiceParts<typeof contract> {
  const { postgres, redis, telemetry, logger, settings } = context;
  const faults: string[] = [];
  const [providersVariable, tenantsVariable] = [contract.env.providers.name, contract.env.tenantLimits.name];
  const configured = collect(faults, () => parseProviders(providersVariable, settings.providers)) ?? [];
  const tenants = collect(faults, () => parseTenants(tenantsVariable, settings.tenantLimits)) ?? new Map();
  if (faults.length > 0) throw new ConfigError(faults);
  const providers = configured.sort((a, b) => a.priority - b.priority).map((each) => new Provider(each));
  const ledger = new Ledger({ postgres, telemetry, logger });
  const limiter = redisRateLimiter({ redis, prefix: `${contract.stores[1].prefix}tenants:`, meter: telemetry.meter, logger });
  const admission = new Admission({ tenants, limiter, ledger, variable: tenantsVariable });
  const routing = new Routing({ providers, telemetry, logger, variable: providersVariable });
  return {
    operations: operations({ gateway: new Gateway({ admission, routing, ledger }), routing, postgres }),
    close: async () => {
      await Promise.allSettled(providers.map((provider) => provider.close()));
      // Streams that were cut off just now are still being written down.
      await ledger.settle();
    },
  };
}

function collect<T>(faults: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    faults.push(...error.faults);
    return undefined;
  }
}
