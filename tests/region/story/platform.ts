import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "mocha";
import { regionDirectory } from "../../../cli/deployment";
import { services } from "../../../services";
import { cli, eventually, requireExit } from "../../support/cli";
import { withMoreAgents } from "../../support/stack-file";
import { NAMESPACE } from "../support/region-under-test";
import type { RegionUnderTest } from "../support/region-under-test";

interface PodList {
  readonly items: readonly { readonly spec: { readonly containers: readonly { readonly image: string }[] } }[];
}

interface AutoscalerList {
  readonly items: readonly { readonly status?: { readonly currentMetrics?: readonly { readonly resource?: { readonly current: { readonly averageUtilization?: number } } }[] } }[];
}

/** Every file of an etcd's data folder: the database and its write-ahead log. */
function storeFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** A pod that asks the agent service for one page and succeeds only when it gets it. */
function probePod(name: string, image: string): object {
  // The policy agent needs a moment to learn of a new pod, so one refusal says nothing.
  const script = `(async () => {
    for (let attempt = 0; attempt < 15; attempt += 1) {
      const answered = await fetch("http://agent:8080/api/v1/agents?limit=1", { signal: AbortSignal.timeout(1500) }).then((response) => response.ok, (error) => (console.error(error.cause ?? error), false));
      if (answered) process.exit(0);
      await new Promise((wake) => setTimeout(wake, 1000));
    }
    process.exit(1);
  })()`;
  return {
    spec: {
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name,
          image,
          command: ["/usr/local/bin/node", "-e", script],
          resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "128Mi" } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, readOnlyRootFilesystem: true },
        },
      ],
    },
  };
}

/** What the platform promises of everything that runs on it. */
export function platform(region: RegionUnderTest): void {
  it("has every service with all its replicas ready, and says what it took", () => {
    for (const { contract } of services) assert.match(region.summary, new RegExp(`^ +${contract.name} +Deployment +(\\d+)/\\1 `, "m"));
    assert.match(region.summary, /took\s+\d/);
  });

  it("keeps Secrets encrypted in the API server's own store", async () => {
    const marker = `plaintext-marker-${Date.now()}`;
    await region.kubectl("create", "secret", "generic", "marker", "-n", "default", `--from-literal=value=${marker}`);
    await region.kubectl("create", "configmap", "marker", "-n", "default", `--from-literal=value=${marker}-config`);
    const raw = Buffer.concat(storeFiles(join(regionDirectory(region.name), "etcd")).map((file) => readFileSync(file))).toString("latin1");
    assert.ok(raw.includes(`${marker}-config`), "the raw store was not found: the ConfigMap is not in it");
    assert.equal(raw.split(marker).length - 1, raw.split(`${marker}-config`).length - 1);
  });

  it("lets only who may talk to the service talk to it", async () => {
    const pods = await region.kubectlJson<PodList>("get", "pods", "-n", NAMESPACE, "-l", "app.kubernetes.io/name=agent");
    const image = pods.items[0]?.spec.containers[0]?.image ?? "";
    const reach = async (name: string, labels: string): Promise<string> => {
      await region.kubectl("run", name, "-n", NAMESPACE, `--image=${image}`, "--restart=Never", `--labels=${labels}`, `--overrides=${JSON.stringify(probePod(name, image))}`);
      const { status } = await eventually(`the end of ${name}`, 120_000, async () => {
        const pod = await region.kubectlJson<{ readonly status: { readonly phase: string } }>("get", "pod", name, "-n", NAMESPACE);
        return ["Succeeded", "Failed"].includes(pod.status.phase) ? pod : undefined;
      });
      return status.phase;
    };
    assert.equal(await reach("stranger", "app=stranger"), "Failed");
    assert.equal(await reach("like-the-edge", "app.kubernetes.io/name=edge"), "Succeeded");
    await region.kubectl("delete", "pod", "-n", NAMESPACE, "stranger", "like-the-edge", "--wait=false");
  });

  it("measures its pods, so that autoscaling has what it needs", async () => {
    await eventually("a measured HPA", 120_000, async () => {
      const { items } = await region.kubectlJson<AutoscalerList>("get", "hpa", "-n", NAMESPACE);
      const measured = items.every(({ status }) => (status?.currentMetrics ?? []).some((metric) => metric.resource?.current.averageUtilization !== undefined));
      return items.length > 0 && measured ? true : undefined;
    });
  });

  it("shows logs", async () => {
    const logs = requireExit(await region.command("logs", "agent", "--tail", "5"));
    assert.match(logs.stdout, /"level"|"msg"/);
    assert.match((await region.command("logs", "nobody")).stderr, /there is no service 'nobody'.*agent/);
  });

  it("changes nothing at a second up, and only what depends on it after an edit", async () => {
    assert.match(requireExit(await region.command("up")).stdout, /nothing changed/);
    const configFile = join(tmpdir(), `agentic-flow-edited-${process.pid}.yaml`);
    writeFileSync(configFile, withMoreAgents());
    assert.match(requireExit(await cli(["up", ...region.flags, "--config-file", configFile])).stdout, /deploy: 1 update, \d+ same|deploy: \d+ same, 1 update/);
  });
}
