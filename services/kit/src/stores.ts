import type { Need, ServiceContract } from "../contract";
import type { AccessOf } from "../environment";
import { EtcdClient } from "./etcd";
import type { Dependency } from "./health";

/** Less than the probe's own timeout, so that the answer says why. */
const CHECK_DEADLINE_MS = 1_500;
const ETCD_CALL_TIMEOUT_MS = 3_000;

export interface Stores {
  /** By need; what only has an address is handed on as it is. */
  readonly handles: Readonly<Partial<Record<Need, unknown>>>;
  readonly dependencies: readonly Dependency[];
  readonly close: () => Promise<void>;
}

/** Opens what a contract needs. Nothing connects before its first use. */
export function openStores(contract: ServiceContract, access: Partial<AccessOf>): Stores {
  const handles: Partial<Record<Need, unknown>> = {};
  const dependencies: Dependency[] = [];
  const closing: (() => Promise<void> | void)[] = [];
  for (const need of contract.needs) {
    switch (need) {
      case "etcd": {
        const { endpoints, ...tls } = provided(access, need);
        const etcd = new EtcdClient({ endpoints, tls, callTimeoutMs: ETCD_CALL_TIMEOUT_MS });
        handles.etcd = etcd;
        dependencies.push({ name: "etcd", deadlineMs: CHECK_DEADLINE_MS, check: (signal) => etcd.ping({ signal }) });
        closing.push(() => etcd.close());
        break;
      }
      case "postgres":
      case "redis":
      case "restate":
      case "prometheus":
        handles[need] = provided(access, need);
        break;
      default:
        need satisfies never;
    }
  }
  return {
    handles,
    dependencies,
    close: async () => {
      await Promise.allSettled(closing.map(async (close) => close()));
    },
  };
}

function provided<N extends Need>(access: Partial<AccessOf>, need: N): AccessOf[N] {
  const found = access[need];
  if (found === undefined) throw new Error(`the access to '${need}' was not read; it is one of the contract's needs`);
  return found;
}
