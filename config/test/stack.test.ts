import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { FaultsError, parseStackConfig } from "..";
import type { Declared } from "..";

const DIGEST = `sha256:${"a".repeat(64)}`;
const AGENT = {
  minReplicas: 3,
  maxReplicas: 50,
  targetCpuPercent: 70,
  cpuRequest: "100m",
  memoryRequest: "128Mi",
  memoryLimit: "256Mi",
};
const declared: Declared = { services: { agent: { size: AGENT, settings: ["FLAVOUR"] } }, images: ["agent", "etcd"] };

/** What a region in a cloud cannot do without. */
const STORES = {
  "agentic-flow:postgres": { backup: { destination: "s3://backups/us-east-1/postgres" } },
  "agentic-flow:restate": { snapshots: { destination: "gs://backups/restate" } },
};

describe("parseStackConfig", () => {
  let directory: string;
  let env: Record<string, string>;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "config-test-"));
    const manifest = join(directory, "images.json");
    writeFileSync(manifest, JSON.stringify({ agent: `example.test/agent@${DIGEST}`, etcd: `example.test/etcd:3@${DIGEST}` }));
    writeFileSync(join(directory, "kubeconfig"), "{}");
    env = { AGENTIC_FLOW_IMAGES: manifest };
  });

  after(() => rmSync(directory, { recursive: true }));

  function faultsOf(stack: string, raw: Record<string, unknown>, environment: Record<string, string> = env): string[] {
    try {
      parseStackConfig(stack, raw, environment, declared);
    } catch (error) {
      assert.ok(error instanceof FaultsError, String(error));
      return error.message.split("\n").slice(1).map((line) => line.trim());
    }
    return [];
  }

  it("fills in production defaults for what the stack file leaves out", () => {
    const config = parseStackConfig("us-east-1", STORES, env, declared);
    assert.equal(config.region.name, "us-east-1");
    assert.deepEqual(config.services, { agent: { size: AGENT, settings: {} } });
    assert.equal(config.etcd.members, 3);
    assert.equal(config.edge.minReplicas, 3);
    assert.equal(config.logLevel, "info");
    assert.equal(config.storageClass, undefined);
    assert.equal(config.kubeconfigPath, undefined);
    assert.deepEqual(config.images, { agent: `example.test/agent@${DIGEST}`, etcd: `example.test/etcd:3@${DIGEST}` });
  });

  it("reads values as the engine hands them over: structured ones as JSON text", () => {
    const raw = {
      "agentic-flow:etcd": JSON.stringify({ members: 1, storage: "1Gi" }),
      "agentic-flow:services": '{"agent":{"minReplicas":2}}',
      "agentic-flow:logLevel": "debug",
      "agentic-flow:storageClass": "fast",
      "kubernetes:context": "not ours",
    };
    const config = parseStackConfig("local", raw, env, declared);
    assert.equal(config.etcd.members, 1);
    assert.equal(config.etcd.storage, "1Gi");
    assert.deepEqual(config.services["agent"]?.size, { ...AGENT, minReplicas: 2 });
    assert.equal(config.logLevel, "debug");
    assert.equal(config.storageClass, "fast");
  });

  it("lists every known stack when the name is unknown, and the near one first", () => {
    assert.deepEqual(faultsOf("us-east1", {}), [
      "- 'stack' (us-east1) must be a region of the catalogue; did you mean 'us-east-1'? " +
        "(known: us-east-1, us-west-2, eu-west-1, ap-southeast-1, europe-west3, asia-northeast1, local)",
    ]);
  });

  it("reports all faults at once, each with property, value, rule and way out", () => {
    const faults = faultsOf("local", {
      "agentic-flow:etcd": { members: 2, storage: "lots", member: 3 },
      "agentic-flow:services": { agent: { minReplicas: 9, maxReplicas: 4 }, agnet: {} },
      "agentic-flow:logLevel": "loud",
      "agentic-flow:edge": "[]",
      "agentic-flow:certificates": { validityHours: 100, earlyRenewalHours: 100 },
      "agentic-flow:quotas": {},
    });
    assert.deepEqual(faults, [
      "- 'agentic-flow:quotas' ({}) is not a key that exists; did you mean 'quota'?",
      "- 'agentic-flow:services.agnet' ({}) is not a service that exists; did you mean 'agent'?",
      "- 'agentic-flow:services.agent.minReplicas' (9) must not be greater than 'agentic-flow:services.agent.maxReplicas' (4); raise the one or lower the other",
      "- 'agentic-flow:edge' ([]) must be a map of properties; write it as indented 'name: value' lines below 'agentic-flow:edge:'",
      "- 'agentic-flow:etcd.member' (3) is not a property that exists; did you mean 'members'?",
      "- 'agentic-flow:etcd.members' (2) must be one of 1, 3, 5; set one of them",
      "- 'agentic-flow:etcd.storage' (lots) must be a Kubernetes quantity of memory above zero; write it like 512Mi or 4Gi",
      "- 'agentic-flow:certificates.earlyRenewalHours' (100) must be less than 'agentic-flow:certificates.validityHours' (100), or every update would renew; lower the one or raise the other",
      "- 'agentic-flow:logLevel' (loud) must be one of fatal, error, warn, info, debug, trace; set one of them",
    ]);
  });

  it("keeps one copy of everything on one machine, and in a cloud three that say where their backups go", () => {
    const local = parseStackConfig("local", {}, env, declared);
    assert.deepEqual([local.postgres.instances, local.postgres.backup, local.restate.nodes, local.restate.snapshots], [1, undefined, 1, undefined]);
    const cloud = parseStackConfig("us-east-1", STORES, env, declared);
    assert.deepEqual([cloud.postgres.instances, cloud.restate.nodes, cloud.postgres.maxConnections, cloud.redis.storage], [3, 3, 500, "20Gi"]);
    assert.deepEqual(cloud.postgres.backup, { destination: "s3://backups/us-east-1/postgres", credentialsSecret: undefined, retentionDays: 30 });
    assert.deepEqual(cloud.restate.snapshots, { destination: "gs://backups/restate" });
  });

  it("refuses data stores that a lost machine or zone would end", () => {
    assert.deepEqual(faultsOf("us-east-1", { "agentic-flow:redis": { memoryRequest: "9Gi" } }), [
      "- 'agentic-flow:redis.memoryRequest' (9Gi) must not be greater than 'agentic-flow:redis.memoryLimit' (4Gi); lower the one or raise the other",
      "- 'agentic-flow:postgres.backup' (not set) must say where backups go: region 'us-east-1' is in a cloud, and its data would end with it; set its 'destination' to a bucket outside the region's own account or project",
      "- 'agentic-flow:restate.snapshots' (not set) must say where snapshots go: with 3 nodes a node without its volume could not start; set its 'destination', or 'agentic-flow:restate.nodes' to 1",
    ]);
    assert.deepEqual(faultsOf("local", { "agentic-flow:postgres": { instances: 3, backup: { retentionDays: 7 } }, "agentic-flow:restate": { nodes: 2 } }), [
      "- 'agentic-flow:restate.nodes' (2) must be one of 1, 3; set one of them",
    ]);
    assert.deepEqual(faultsOf("local", { "agentic-flow:postgres": { instances: 3, backup: { retentionDays: 7 } } }), [
      "- 'agentic-flow:postgres.instances' (3) must be 1 on one machine, where copies would be lost together; set it to 1",
      "- 'agentic-flow:postgres.backup.destination' (not set) must be a place in an object store; write it like s3://bucket/path or gs://bucket/path",
    ]);
    assert.match(faultsOf("local", { "agentic-flow:postgres": { backup: { destination: "nfs://disk" } } }).join(), /backup.destination' \(nfs:\/\/disk\) must be a place in an object store/);
  });

  it("sizes every service that it does not name by the stack's own defaults", () => {
    const raw = { "agentic-flow:serviceDefaults": { minReplicas: 1, cpuRequest: "10m" }, "agentic-flow:services": { agent: { cpuRequest: "20m" } } };
    assert.deepEqual(parseStackConfig("local", raw, env, declared).services["agent"]?.size, { ...AGENT, minReplicas: 1, cpuRequest: "20m" });
    assert.deepEqual(faultsOf("local", { "agentic-flow:serviceDefaults": { minReplicas: "few", colour: "red" } }), [
      "- 'agentic-flow:serviceDefaults.colour' (red) is not a property that exists; use one of cpuRequest, maxReplicas, memoryLimit, memoryRequest, minReplicas, targetCpuPercent",
      "- 'agentic-flow:serviceDefaults.minReplicas' (few) must be a whole number from 1 to 1000; set such a number",
    ]);
  });

  it("hands a service the settings that are its own, and refuses others", () => {
    const services = (settings: unknown): Record<string, unknown> => ({ "agentic-flow:services": { agent: { settings } } });
    assert.deepEqual(parseStackConfig("local", services({ FLAVOUR: 7 }), env, declared).services["agent"]?.settings, { FLAVOUR: "7" });
    assert.deepEqual(faultsOf("local", services({ FLAVOR: "x" })), ["- 'agentic-flow:services.agent.settings.FLAVOR' (x) is not a variable of this service; did you mean 'FLAVOUR'?"]);
    assert.deepEqual(faultsOf("local", services({ FLAVOUR: ["x"] })), [
      "- 'agentic-flow:services.agent.settings.FLAVOUR' ([\"x\"]) must be text or a number; write structured values as one line of text",
    ]);
  });

  it("refuses contradictory and mistyped sizes", () => {
    const refused = (agent: Record<string, unknown>): string => faultsOf("local", { "agentic-flow:services": { agent } }).join("\n");
    assert.match(refused({ memoryRequest: "1Gi" }), /memoryRequest' \(1Gi\) must not be greater than .*memoryLimit' \(256Mi\)/);
    assert.match(refused({ minReplicas: 0 }), /minReplicas' \(0\) must be a whole number from 1 to 1000/);
    assert.match(refused({ minReplicas: 2.5 }), /minReplicas' \(2.5\) must be a whole number/);
    assert.match(refused({ cpuRequest: true }), /cpuRequest' \(true\) must be a Kubernetes quantity of cpu/);
    assert.match(refused({ memoryLimit: "900m" }), /memoryLimit' \(900m\) must be a Kubernetes quantity of memory/);
    assert.match(faultsOf("local", { "agentic-flow:quota": { memoryLimits: "1Gi" } }).join(), /quota.memoryRequests' \(400Gi\)/);
    assert.match(
      faultsOf("local", { "agentic-flow:certificates": { authorityValidityHours: 24 } }).join(),
      /validityHours' \(8760\) must not be greater than .*authorityValidityHours' \(24\)/,
    );
  });

  it("reads where telemetry goes, and refuses what it could not use", () => {
    const config = parseStackConfig(
      "local",
      {
        "agentic-flow:telemetry": JSON.stringify({ traceSampleRatio: 0.1, exportUrl: "https://otlp.example.net", exportRatio: "0.5", shipLogs: true }),
        "agentic-flow:prometheus": { replicas: 1, retentionDays: 2, alertmanagerUrl: "http://alerts.example.net:9093" },
      },
      env,
      declared,
    );
    assert.deepEqual(config.telemetry, {
      ...{ cpuRequest: "250m", memoryRequest: "256Mi", memoryLimit: "512Mi", replicas: 2 },
      ...{ traceSampleRatio: 0.1, exportUrl: "https://otlp.example.net", exportRatio: 0.5, shipLogs: true },
    });
    assert.equal(config.prometheus.alertmanagerUrl, "http://alerts.example.net:9093");
    assert.equal(config.prometheus.remoteWriteUrl, undefined);
    assert.deepEqual(
      faultsOf("local", {
        "agentic-flow:telemetry": { traceSampleRatio: 10, exportRatio: -1, shipLogs: "yes", exportUrl: "https://me:secret@example.net" },
        "agentic-flow:prometheus": { replicas: 0, alertmanagerUrl: "alerts:9093" },
      }).map((line) => line.split(";")[0]),
      [
        "- 'agentic-flow:prometheus.replicas' (0) must be a whole number from 1 to 20",
        "- 'agentic-flow:prometheus.alertmanagerUrl' (alerts:9093) must be a URL that begins with http:// or https:// and has no credentials and no query",
        "- 'agentic-flow:telemetry.traceSampleRatio' (10) must be a number from 0 to 1",
        "- 'agentic-flow:telemetry.exportUrl' (https://me:secret@example.net) must be a URL that begins with http:// or https:// and has no credentials and no query",
        "- 'agentic-flow:telemetry.exportRatio' (-1) must be a number from 0 to 1",
        "- 'agentic-flow:telemetry.shipLogs' (yes) must be true or false",
      ],
    );
    assert.match(faultsOf("local", { "agentic-flow:telemetry": { shipLogs: true } }).join(), /telemetry.shipLogs' \(true\) needs 'agentic-flow:telemetry.exportUrl'/);
  });

  it("names each image that is missing or has no digest", () => {
    assert.deepEqual(
      faultsOf("us-east-1", { ...STORES, "agentic-flow:images": { etcd: "example.test/etcd:latest" } }, {}).map((line) => line.split(";")[0]),
      [
        "- 'agentic-flow:images.agent' (not set) must be an image reference with a digest (name@sha256:...)",
        "- 'agentic-flow:images.etcd' (example.test/etcd:latest) must be an image reference with a digest (name@sha256:...)",
      ],
    );
  });

  it("lets the stack file's image win over the manifest", () => {
    const reference = `mirror.test/agent@sha256:${"b".repeat(64)}`;
    const config = parseStackConfig("local", { "agentic-flow:images": { agent: reference } }, env, declared);
    assert.equal(config.images["agent"], reference);
    assert.equal(config.images["etcd"], `example.test/etcd:3@${DIGEST}`);
  });

  it("says once that the image manifest cannot be read", () => {
    const faults = faultsOf("local", {}, { AGENTIC_FLOW_IMAGES: join(directory, "none.json") });
    assert.equal(faults.length, 1);
    assert.match(faults[0] ?? "", /AGENTIC_FLOW_IMAGES' \(.*none.json\) must be the path of a readable JSON file \(ENOENT\)/);
  });

  it("takes the kubeconfig's path and refuses one that is not there", () => {
    const path = join(directory, "kubeconfig");
    assert.equal(parseStackConfig("local", {}, { ...env, AGENTIC_FLOW_KUBECONFIG: path }, declared).kubeconfigPath, path);
    const faults = faultsOf("local", {}, { ...env, AGENTIC_FLOW_KUBECONFIG: `${path}.gone` });
    assert.match(faults.join(), /AGENTIC_FLOW_KUBECONFIG' \(.*\.gone\) must be the absolute path of a readable kubeconfig/);
  });
});
