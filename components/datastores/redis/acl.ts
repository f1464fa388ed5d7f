import { createHash } from "node:crypto";

/** May ask whether the server answers, and nothing else. Its password is no secret. */
export const HEALTH_USER = { name: "health", password: "health" } as const;

/** For backups, from inside the pod. */
export const OPERATOR_USER = "operator";

/** What a service may do with its own keys: everything but to look at, stop or change the server, or to walk all keys. */
const SERVICE_COMMANDS = "+@all -@admin -@dangerous -scan -randomkey +info";

/**
 * Nobody can log in with it, so its rights are only those of the server itself when it reads its log: Redis checks each
 * transaction and each script with several writes against this user, and leaves out what it may not do.
 */
const LOG_READER = "user default off resetpass ~* &* +@all";

/**
 * The file of users: one per service, which reaches the keys and channels below its own name. Nobody gets in without a
 * name. Passwords are in it as SHA-256 digests; being random, they cannot be guessed from these.
 *
 * @param services Password by name of the service.
 */
export function aclFile(services: Readonly<Record<string, string>>, operatorPassword: string): string {
  const lines = [
    LOG_READER,
    `user ${HEALTH_USER.name} on ${digest(HEALTH_USER.password)} resetkeys resetchannels -@all +ping`,
    `user ${OPERATOR_USER} on ${digest(operatorPassword)} ~* &* +@all`,
    ...Object.entries(services).map(
      ([service, password]) => `user ${service} on ${digest(password)} ~${service}:* resetchannels &${service}:* ${SERVICE_COMMANDS}`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function digest(password: string): string {
  return `#${createHash("sha256").update(password).digest("hex")}`;
}
