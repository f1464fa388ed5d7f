import { parseQuantity } from "../../../config";
import type { RedisConfig } from "../../../config";

export const REDIS_PORT = 6379;

/** Folders inside the container. */
export const REDIS_MOUNTS = { data: "/var/lib/redis", users: "/etc/redis/users", tls: "/etc/redis/tls" } as const;

/** Files of the Secret with the users. */
export const USER_FILES = { acl: "users.acl", operatorPassword: "operator-password" } as const;

/** Rewriting the log copies pages that change meanwhile, and buffers of clients count as well. */
const DATA_SHARE = 0.6;
const MAX_CLIENTS = 2_000;
/** A log that is smaller is not worth being rewritten. */
const REWRITE_BYTES = 16 * 2 ** 20;

/**
 * Flags of the server: TLS only, users from a file, every change in a log that is written down each second.
 *
 * When the memory is full, keys make room in the order in which they expire; what has no time to live stays.
 */
export function redisFlags(settings: RedisConfig): string[] {
  const { data, users, tls } = REDIS_MOUNTS;
  const maxMemory = Math.floor((parseQuantity(settings.memoryLimit) ?? 0) * DATA_SHARE);
  const flags: readonly (readonly [string, ...string[]])[] = [
    ["port", "0"],
    ["tls-port", String(REDIS_PORT)],
    ["tls-cert-file", `${tls}/tls.crt`],
    ["tls-key-file", `${tls}/tls.key`],
    ["tls-ca-cert-file", `${tls}/ca.crt`],
    // Clients show a password.
    ["tls-auth-clients", "no"],
    ["tls-protocols", "TLSv1.3"],
    ["aclfile", `${users}/${USER_FILES.acl}`],
    ["protected-mode", "yes"],
    ["dir", data],
    ["appendonly", "yes"],
    ["appendfsync", "everysec"],
    ["auto-aof-rewrite-min-size", String(REWRITE_BYTES)],
    // The log holds everything; snapshots beside it would only cost memory.
    ["save", ""],
    ["maxmemory", String(maxMemory)],
    ["maxmemory-policy", "volatile-ttl"],
    ["maxclients", String(MAX_CLIENTS)],
    ["tcp-keepalive", "60"],
  ];
  return flags.flatMap(([name, ...values]) => [`--${name}`, ...values]);
}
