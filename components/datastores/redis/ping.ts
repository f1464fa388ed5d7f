import { CERTIFICATE_FILES } from "../../pki";
import type { CommandProbe } from "../../workload";
import { HEALTH_USER } from "./acl";
import { REDIS_MOUNTS, REDIS_PORT } from "./flags";

/** Through TLS and as a user, so that it fails while the log is read and when the certificate is of no use. */
export const PING: CommandProbe = {
  command: [
    "redis-cli", "-e", "--no-auth-warning", "--tls", "--cacert", `${REDIS_MOUNTS.tls}/${CERTIFICATE_FILES.authority}`,
    "-p", String(REDIS_PORT), "--user", HEALTH_USER.name, "--pass", HEALTH_USER.password, "ping",
  ],
  periodSeconds: 10,
  timeoutSeconds: 5,
};
