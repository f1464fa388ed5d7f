import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { describe, it } from "mocha";
import { DataStores } from "../../components/datastores";
import type { DataStoresArgs } from "../../components/datastores";
import { serverSettings } from "../../components/datastores/postgres/settings";
import { FaultsError } from "../../config";
import type { BackupConfig, PostgresConfig, RestateConfig } from "../../config";
import { register, settled, valueOf } from "../support/mocks";
import type { RecordingMocks } from "../support/mocks";
import { IMAGE, SURROUNDINGS, surroundings } from "../support/surroundings";

const SIZE = { cpuRequest: "100m", memoryRequest: "128Mi", memoryLimit: "512Mi" };
const BACKUP: BackupConfig = { destination: "s3://backups/postgres", credentialsSecret: undefined, retentionDays: 30 };
const POSTGRES: PostgresConfig = { ...SIZE, instances: 1, storage: "2Gi", walStorage: "1Gi", maxConnections: 100, backup: BACKUP };
const RESTATE: RestateConfig = { ...SIZE, memoryLimit: "1000Mi", nodes: 1, storage: "2Gi", snapshots: { destination: "s3://backups/restate" } };
const CERTIFICATES = { authorityValidityHours: 87_600, validityHours: 8_760, earlyRenewalHours: 2_190 };
const NONE: DataStoresArgs["clients"] = { postgres: [], redis: [], restate: [] };

interface Own {
  readonly clients?: Partial<DataStoresArgs["clients"]>;
  readonly postgres?: Partial<PostgresConfig>;
  readonly restate?: Partial<RestateConfig>;
}

const stores = (own: Own, region = "local") =>
  new DataStores("datastores", {
    ...surroundings(region, "fast"),
    images: { postgres: IMAGE, redis: IMAGE, restate: IMAGE },
    settings: {
      postgres: { ...POSTGRES, ...own.postgres },
      redis: { ...SIZE, storage: "1Gi" },
      restate: { ...RESTATE, ...own.restate },
    },
    certificates: CERTIFICATES,
    clients: { ...NONE, ...own.clients },
  });

/** The component and its two providers. */
const ALONE = SURROUNDINGS + 3;
/** Component, authority of 3, server certificate of 4, workload of 7. */
const SERVER = 1 + 3 + 4 + 7;
const STATEFUL_SET = "kubernetes:apps/v1:StatefulSet";
const POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy";
const SECRET = "kubernetes:core/v1:Secret";

interface Container {
  readonly args?: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly readinessProbe: unknown;
  readonly livenessProbe: unknown;
}

function specOf(mocks: RecordingMocks, type: string, name: string): Record<string, unknown> {
  return mocks.only(type, name).inputs["spec"] as Record<string, unknown>;
}

function containerOf(mocks: RecordingMocks, name: string): Container {
  const { template } = specOf(mocks, STATEFUL_SET, name) as { template: { spec: { containers: [Container] } } };
  return template.spec.containers[0];
}

const pods = (...names: string[]) => names.map((name) => ({ podSelector: { matchLabels: { "app.kubernetes.io/name": name } } }));

describe("DataStores", () => {
  it("makes no store that nobody needs", async () => {
    const { mocks, result } = await register(ALONE, () => stores({}));
    assert.deepEqual(mocks.ofType(STATEFUL_SET), []);
    assert.deepEqual(result.clientsOf("agent"), {});
  });

  it("tells each workload of the stores it was named for, and of no other", async () => {
    // Each client has a password and a Secret; the servers' own are postgres-roles, redis-operator and redis-users.
    const { result } = await register(ALONE + 2 * SERVER + 3 * 2 + 3, () => stores({ clients: { postgres: ["memory", "message-bus"], redis: ["memory"] } }));
    const memory = result.clientsOf("memory");
    assert.deepEqual(Object.keys(memory), ["postgres", "redis"]);
    assert.deepEqual(Object.keys(result.clientsOf("message-bus")), ["postgres"]);
    assert.deepEqual(result.clientsOf("message-bus").postgres?.access, {
      host: "postgres.agentic-flow.svc",
      port: 5432,
      database: "agentic_flow",
      user: "message_bus",
      passwordFile: "/etc/agentic-flow/postgres/password",
      caFile: "/etc/agentic-flow/postgres/ca.crt",
    });
    assert.deepEqual(memory.redis?.access, {
      host: "redis.agentic-flow.svc",
      port: 6379,
      user: "memory",
      passwordFile: "/etc/agentic-flow/redis/password",
      caFile: "/etc/agentic-flow/redis/ca.crt",
    });
    assert.deepEqual(memory.redis?.destinations, [{ labels: { "app.kubernetes.io/name": "redis" }, port: 6379 }]);
    const source = memory.postgres?.files[0]?.source;
    assert.ok(source !== undefined && "secretName" in source);
    assert.equal(await valueOf(source.secretName as never), "postgres-client-memory-suffix");
  });
});

describe("PostgreSQL on one machine", () => {
  const CLIENTS = ["memory", "message-bus"];
  const COUNT = ALONE + SERVER + 2 * 2 + 1;
  const make = () => register(COUNT, () => stores({ clients: { postgres: CLIENTS } }));

  it("gets a password for each role in a Secret that is marked secret, and each client its own only", async () => {
    const { mocks } = await make();
    const roles = mocks.only(SECRET, "postgres-roles");
    assert.deepEqual(roles.inputs["stringData"], { memory: "password of postgres-client-memory", message_bus: "password of postgres-client-message-bus" });
    const client = mocks.only(SECRET, "postgres-client-memory");
    assert.deepEqual(client.inputs["stringData"], { password: "password of postgres-client-memory", "ca.crt": "certificate of postgres-ca" });
    for (const secret of [roles, client]) assert.ok(secret.secrets.includes("stringData") && secret.inputs["immutable"] === true);
    assert.deepEqual(mocks.only("random:index/randomPassword:RandomPassword", "postgres-client-memory").inputs, { length: 40, special: false });
  });

  it("runs the start script with settings that fit its memory", async () => {
    const { mocks } = await make();
    const container = containerOf(mocks, "postgres");
    assert.deepEqual(Object.fromEntries(container.env.map(({ name, value }) => [name, value])), {
      PGDATA: "/var/lib/postgresql/data",
      POSTGRES_DATABASE: "agentic_flow",
      POSTGRES_ROLES_DIR: "/etc/postgres/roles",
      POSTGRES_TLS_DIR: "/etc/postgres/tls",
      POSTGRES_ROLE_CONNECTIONS: "50",
      POSTGRES_SOCKET_DIR: "/tmp/postgres",
    });
    const settings = (container.args ?? []).filter((argument) => argument !== "-c");
    assert.ok(settings.includes("shared_buffers=131072kB") && settings.includes("max_connections=100") && settings.includes("work_mem=1310kB"), settings.join());
    assert.deepEqual((container.readinessProbe as { exec: unknown }).exec, { command: ["pg_isready", "--quiet", "--host=/tmp/postgres", "--username=postgres"] });
    assert.deepEqual((container.livenessProbe as { tcpSocket: unknown }).tcpSocket, { port: "postgres" });
  });

  it("is reached by its clients on one port, and reaches nobody", async () => {
    const { mocks } = await make();
    const { ingress, egress } = specOf(mocks, POLICY, "postgres");
    assert.deepEqual(ingress, [{ ports: [{ protocol: "TCP", port: 5432 }], from: pods(...CLIENTS) }]);
    assert.deepEqual(egress, []);
  });

  it("answers to the name that its clients verify", async () => {
    const { mocks } = await make();
    assert.deepEqual(mocks.only("tls:index/certRequest:CertRequest", "postgres-server").inputs["dnsNames"], ["postgres.agentic-flow.svc", "postgres-pods.agentic-flow.svc"]);
  });

  it("refuses a client that is named twice", async () => {
    await register(ALONE, () =>
      assert.throws(() => stores({ clients: { postgres: ["memory", "memory"] } }), (error) => error instanceof FaultsError && error.faults[0]?.property === "clients[1]"),
    );
  });

  it("never plans more memory than there is", () => {
    for (const [memoryLimit, maxConnections] of [["256Mi", 50], ["512Mi", 100], ["8Gi", 500], ["64Gi", 5_000]] as const) {
      const settings = serverSettings({ ...POSTGRES, memoryLimit, maxConnections }, 2 ** 30);
      const bytes = (name: string) => Number(settings[name]?.replace("kB", "")) * 2 ** 10;
      const limit = Number(memoryLimit.slice(0, -2)) * 2 ** (memoryLimit.endsWith("Gi") ? 30 : 20);
      assert.ok(bytes("shared_buffers") + bytes("work_mem") * maxConnections + bytes("maintenance_work_mem") <= limit * 0.6, memoryLimit);
    }
  });
});

describe("PostgreSQL over zones", () => {
  const KINDS = ["Cluster", "Database", "ScheduledBackup"] as const;
  const schemas = JSON.parse(readFileSync(join(__dirname, "schemas", "cloudnative-pg-1.27.1.json"), "utf8")) as Record<string, unknown>;
  /** Component, authority of 3, certificate of 4; per client a password and two Secrets; operator of 3, policy, 3 resources. */
  const COUNT = ALONE + 1 + 3 + 4 + 2 * 3 + 3 + 1 + 3;
  const make = (postgres: Partial<PostgresConfig> = {}) =>
    register(COUNT, () => stores({ clients: { postgres: ["memory", "message-bus"] }, postgres: { instances: 3, ...postgres } }, "us-east-1"));
  const specs = (mocks: RecordingMocks) =>
    KINDS.map((kind) => {
      const [found] = mocks.ofType(`kubernetes:postgresql.cnpg.io/v1:${kind}`);
      return [kind, (found?.inputs["spec"] ?? {}) as Record<string, unknown>] as const;
    });

  it("agrees with the schemas of the operator's version, whatever the backups' place", async () => {
    const backups: BackupConfig[] = [BACKUP, { ...BACKUP, credentialsSecret: "s" }, { ...BACKUP, destination: "gs://b" }, { ...BACKUP, destination: "gs://b", credentialsSecret: "s" }];
    for (const backup of backups) {
      const { mocks } = await make({ backup });
      for (const [kind, spec] of specs(mocks)) {
        const ajv = new Ajv({ strict: false, allErrors: true });
        const validate = ajv.compile(closed(schemas[kind]) as object);
        assert.ok(validate(spec), `${kind}: ${JSON.stringify(validate.errors)}`);
        assert.ok(!validate({ ...spec, instanecs: 3 }), `${kind} takes what does not exist`);
      }
    }
  });

  it("keeps three instances in three zones, acknowledges what two have, and copies everything elsewhere", async () => {
    const { mocks } = await make();
    const [[, cluster], [, database], [, nightly]] = specs(mocks) as [[string, Record<string, unknown>], [string, Record<string, unknown>], [string, Record<string, unknown>]];
    assert.equal(cluster["instances"], 3);
    assert.deepEqual(cluster["affinity"], { enablePodAntiAffinity: true, podAntiAffinityType: "required", topologyKey: "topology.kubernetes.io/zone" });
    assert.deepEqual((cluster["postgresql"] as Record<string, unknown>)["synchronous"], { method: "any", number: 1, dataDurability: "required" });
    assert.deepEqual([cluster["storage"], cluster["walStorage"]], [{ size: "2Gi", storageClass: "fast" }, { size: "1Gi", storageClass: "fast" }]);
    const backup = cluster["backup"] as { retentionPolicy: string; barmanObjectStore: Record<string, unknown> };
    assert.equal(backup.retentionPolicy, "30d");
    assert.deepEqual([backup.barmanObjectStore["destinationPath"], backup.barmanObjectStore["s3Credentials"]], ["s3://backups/postgres", { inheritFromIAMRole: true }]);
    assert.deepEqual([nightly["schedule"], nightly["immediate"], nightly["cluster"]], ["0 0 3 * * *", true, { name: "postgres" }]);
    assert.deepEqual(database["schemas"], ["memory", "message_bus"].map((name) => ({ name, owner: name, ensure: "present" })));
    assert.deepEqual(database["extensions"], [{ name: "vector", ensure: "present", schema: "public" }]);
  });

  it("gives each role its password in a Secret of its own, and at most half of the connections", async () => {
    const { mocks, result } = await make();
    const [[, cluster]] = specs(mocks) as [[string, { managed: { roles: Record<string, unknown>[] } }]];
    assert.deepEqual(cluster.managed.roles[1], {
      name: "message_bus", ensure: "present", login: true, inherit: true, inRoles: ["services"], connectionLimit: 50, passwordSecret: { name: "postgres-role-message-bus-suffix" },
    });
    const secret = mocks.only(SECRET, "postgres-role-message-bus");
    assert.deepEqual(secret.inputs["stringData"], { username: "message_bus", password: "password of postgres-client-message-bus" });
    assert.ok(secret.secrets.includes("stringData"));
    assert.equal(result.clientsOf("memory").postgres?.access.host, "postgres-rw.agentic-flow.svc");
    assert.deepEqual(result.clientsOf("memory").postgres?.destinations, [{ labels: { "cnpg.io/cluster": "postgres" }, port: 5432 }]);
    assert.ok((mocks.only("tls:index/certRequest:CertRequest", "postgres-server").inputs["dnsNames"] as string[]).includes("postgres-rw.agentic-flow.svc"));
  });

  it("pins its operator, which works in this namespace alone", async () => {
    const { mocks } = await make();
    const { inputs } = mocks.only("kubernetes:helm.sh/v4:Chart", "postgres-operator");
    assert.deepEqual([inputs["chart"], inputs["version"], inputs["namespace"]], ["cloudnative-pg", "0.26.1", "agentic-flow"]);
    assert.deepEqual((inputs["values"] as Record<string, unknown>)["config"], { clusterWide: false });
  });

  it("is not made without a place for its backups", async () => {
    await register(ALONE + 1, () =>
      assert.throws(() => stores({ clients: { postgres: ["memory"] }, postgres: { backup: undefined } }, "us-east-1"), /'settings.backup' \(not set\) must say where backups go/),
    );
  });
});

/** The same schema, in which an object has no properties but those that it names: what the API server drops is a fault. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const open = "additionalProperties" in inner || inner["x-kubernetes-preserve-unknown-fields"] === true;
  return inner["type"] === "object" && "properties" in inner && !open ? { ...inner, additionalProperties: false } : inner;
}

describe("Redis", () => {
  /** The server, a password and a Secret of the client, the operator's password, the users. */
  const make = () => register(ALONE + SERVER + 2 + 2, () => stores({ clients: { redis: ["memory"] } }));
  const digest = (text: string) => `#${createHash("sha256").update(text).digest("hex")}`;

  it("knows its users by digests of their passwords, and lets each at its own keys alone", async () => {
    const { mocks } = await make();
    const users = mocks.only(SECRET, "redis-users");
    const { "users.acl": acl, "operator-password": operator } = users.inputs["stringData"] as Record<string, string>;
    assert.equal(operator, "password of redis-operator");
    assert.deepEqual(acl?.split("\n"), [
      "user default off resetpass ~* &* +@all",
      `user health on ${digest("health")} resetkeys resetchannels -@all +ping`,
      `user operator on ${digest("password of redis-operator")} ~* &* +@all`,
      `user memory on ${digest("password of redis-client-memory")} ~memory:* resetchannels &memory:* +@all -@admin -@dangerous -scan -randomkey +info`,
      "",
    ]);
    assert.ok(users.secrets.includes("stringData"));
  });

  it("speaks TLS only, writes down every change, and makes room below its memory limit", async () => {
    const { mocks } = await make();
    const flags = (containerOf(mocks, "redis").args ?? []).join(" ");
    for (const flag of ["--port 0", "--tls-port 6379", "--appendonly yes", "--appendfsync everysec", "--maxmemory-policy volatile-ttl", `--maxmemory ${Math.floor(512 * 2 ** 20 * 0.6)}`]) {
      assert.ok(flags.includes(flag), `${flag} is not in ${flags}`);
    }
    assert.deepEqual(specOf(mocks, POLICY, "redis")["ingress"], [{ ports: [{ protocol: "TCP", port: 6379 }], from: pods("memory") }]);
  });
});

describe("Restate", () => {
  const CLIENTS = [{ name: "workflow", handlersPort: 9080 }];
  const environment = (mocks: RecordingMocks) => Object.fromEntries(containerOf(mocks, "restate").env.map(({ name, value }) => [name, value]));

  it("calls the handlers of its clients, and is called by them", async () => {
    const { mocks, result } = await register(ALONE + 1 + 7, () => stores({ clients: { restate: CLIENTS }, restate: { snapshots: undefined } }));
    const { ingress, egress } = specOf(mocks, POLICY, "restate");
    assert.deepEqual(ingress, [
      { ports: [{ protocol: "TCP", port: 8080 }], from: pods("workflow") },
      { ports: [{ protocol: "TCP", port: 9070 }], from: pods("workflow") },
      { ports: [{ protocol: "TCP", port: 5122 }], from: pods("restate") },
    ]);
    assert.deepEqual(egress, [
      { to: pods("restate"), ports: [{ protocol: "TCP", port: 5122 }] },
      { to: pods("workflow"), ports: [{ protocol: "TCP", port: 9080 }] },
    ]);
    assert.deepEqual(result.clientsOf("workflow").restate?.access, { ingressUrl: "http://restate.agentic-flow.svc:8080", adminUrl: "http://restate.agentic-flow.svc:9070" });
    const env = environment(mocks);
    assert.deepEqual([env["RESTATE_AUTO_PROVISION"], env["RESTATE_DISABLE_TELEMETRY"], env["RESTATE_DEFAULT_REPLICATION"]], ["true", "true", "1"]);
    assert.equal(env["RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE"], "350MiB");
  });

  it("with three nodes keeps what two have, and is founded once, by a Job", async () => {
    const { mocks } = await register(ALONE + 1 + 7 + 2, () => stores({ clients: { restate: CLIENTS }, restate: { nodes: 3 } }, "us-east-1"));
    const env = environment(mocks);
    assert.deepEqual([env["RESTATE_AUTO_PROVISION"], env["RESTATE_DEFAULT_REPLICATION"]], ["false", "2"]);
    assert.equal(env["RESTATE_WORKER__SNAPSHOTS__DESTINATION"], "s3://backups/restate");
    assert.deepEqual(JSON.parse(env["RESTATE_METADATA_CLIENT__ADDRESSES"] ?? ""), [0, 1, 2].map((index) => `http://restate-${index}.restate-pods.agentic-flow.svc:5122`));
    assert.equal(containerOf(mocks, "restate").env[0]?.name, "POD_NAME");
    const job = specOf(mocks, "kubernetes:batch/v1:Job", "restate-provision") as { template: { spec: { containers: [{ command: string[]; args: string[] }] } } };
    const [container] = job.template.spec.containers;
    assert.deepEqual([container.command, container.args[0], container.args[2]], [["/usr/local/bin/restatectl"], "provision", "--address=http://restate-0.restate-pods.agentic-flow.svc:5122"]);
    const { ingress } = specOf(mocks, POLICY, "restate") as { ingress: { from: unknown }[] };
    assert.deepEqual(ingress[2]?.from, pods("restate", "restate-provision"));
  });

  it("refuses nodes that could not start without their volume, and a client that is named twice", async () => {
    await register(ALONE + 1, () =>
      assert.throws(
        () => stores({ clients: { restate: [...CLIENTS, ...CLIENTS] }, restate: { nodes: 3, snapshots: undefined } }),
        (error) => error instanceof FaultsError && error.faults.map((fault) => fault.property).join() === "settings.snapshots,clients[1].name",
      ),
    );
    await settled();
  });
});
