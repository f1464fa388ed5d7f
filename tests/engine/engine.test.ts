import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { parse, stringify } from "yaml";
import { regionDirectory } from "../../cli/deployment";
import { cli, eventually, killGroup, kubectlJson, requireExit, startCli } from "../support/cli";
import { withMoreAgents } from "../support/stack-file";
import { copyTree } from "../support/tree";
import type { Tree } from "../support/tree";

interface NamespaceList {
  readonly items: readonly { readonly metadata: { readonly name: string } }[];
}

const ground = "engine-ground";
const region = "engine-test";

/** Namespaces of the platform in the cluster under test. */
async function platformNamespaces(): Promise<string[]> {
  const { items } = await kubectlJson<NamespaceList>(ground, ["get", "namespaces", "-l", "app.kubernetes.io/part-of=agentic-flow"]);
  return items.map((item) => item.metadata.name);
}

/** A pod that runs an image which nobody pinned. */
const floatingPod = `
import * as offendingK8s from "@pulumi/kubernetes";
new offendingK8s.core.v1.Pod("offender", {
  metadata: { namespace: "default" },
  spec: { containers: [{ name: "main", image: "nginx:latest", resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "16Mi" } }, securityContext: { runAsNonRoot: true, runAsUser: 1000, allowPrivilegeEscalation: false } }] },
}, { provider: new offendingK8s.Provider("offender", { kubeconfig: process.env["AGENTIC_FLOW_KUBECONFIG"] ?? "" }) });
`;

/** A resource that lets the engine choose its provider, and that every resource rule accepts: only the stack rule can stop it. */
const implicitProvider = `
import * as offendingK8s from "@pulumi/kubernetes";
new offendingK8s.core.v1.ConfigMap("offender", {
  metadata: { namespace: "agentic-flow", labels: { "app.kubernetes.io/part-of": "offence", "app.kubernetes.io/managed-by": "pulumi" } },
  data: { a: "b" },
});
`;

/** The engine on an API server with simulated nodes, used as a cluster of the user's own: it must come and go without a trace in it. */
describe("the real engine", function () {
  this.timeout(300_000);
  let tree: Tree;
  let flags: string[];

  before(async () => {
    tree = copyTree();
    requireExit(await cli(["up", "--name", ground, "--simulate"]));
    const kubeconfig = join(regionDirectory(ground), "kubeconfig");
    flags = ["--name", region, "--kubeconfig", kubeconfig, "--images", join(regionDirectory(ground), "images.json")];
    // The ground's own platform would hide what the tested one makes.
    requireExit(await cli(["kubectl", "--name", ground, "delete", "namespace", "-l", "app.kubernetes.io/part-of=agentic-flow", "--timeout=120s"]));
  });

  after(async () => {
    await cli(["down", "--name", region]);
    requireExit(await cli(["down", "--name", ground]));
    tree.remove();
  });

  it("stops at a mandatory violation of a resource rule, with nothing created", async () => {
    const offending = copyTree();
    try {
      offending.append("index.ts", floatingPod);
      const result = requireExit(await cli(["up", ...flags], { directory: offending.directory }), 1);
      assert.match(result.stderr, /forbid-floating-images[\s\S]*nginx:latest/);
      assert.match(result.stderr, /nothing was changed/);
      assert.deepEqual(await platformNamespaces(), []);
    } finally {
      offending.remove();
    }
  });

  it("stops at a mandatory violation of a stack rule, with nothing created", async () => {
    const offending = copyTree();
    try {
      offending.append("index.ts", implicitProvider);
      const projectFile = join(offending.directory, "Pulumi.yaml");
      const project = parse(readFileSync(projectFile, "utf8")) as { config?: unknown };
      delete project.config;
      writeFileSync(projectFile, stringify(project));
      const result = requireExit(await cli(["up", ...flags], { directory: offending.directory }), 1);
      assert.match(result.stderr, /require-explicit-provider[\s\S]*offender/);
      assert.deepEqual(await platformNamespaces(), []);
    } finally {
      offending.remove();
    }
  });

  it("has no default providers, whatever a stack file says", async () => {
    const offending = copyTree();
    try {
      offending.append("index.ts", implicitProvider);
      const result = requireExit(await cli(["up", ...flags], { directory: offending.directory }), 1);
      assert.match(result.stderr, /Default provider for 'kubernetes' disabled/);
      assert.deepEqual(await platformNamespaces(), []);
    } finally {
      offending.remove();
    }
  });

  it("resumes after it was killed in the middle of an update", async () => {
    const started = startCli(["up", ...flags]);
    await eventually("the first namespace", 120_000, async () => ((await platformNamespaces()).length > 0 ? true : undefined));
    killGroup(started.process);
    await started.result;
    const result = requireExit(await cli(["up", ...flags]));
    assert.match(result.stdout, /did not end/);
    assert.ok((await platformNamespaces()).length > 0);
    requireExit(await cli(["status", "--name", region]));
  });

  it("changes nothing at a second up", async () => {
    const result = requireExit(await cli(["up", ...flags]));
    assert.match(result.stdout, /nothing changed/);
  });

  it("changes only what depends on an edited value", async () => {
    const configFile = join(tree.directory, "edited.yaml");
    writeFileSync(configFile, withMoreAgents());
    const result = requireExit(await cli(["up", ...flags, "--config-file", configFile]));
    assert.match(result.stdout, /deploy: .*\b1 update\b/);
    assert.doesNotMatch(result.stdout, /deploy: .*(create|delete|replace)/);
  });

  it("deletes everything it made", async () => {
    requireExit(await cli(["down", "--name", region]));
    assert.deepEqual(await eventually("an empty cluster", 60_000, async () => ((await platformNamespaces()).length === 0 ? [] : undefined)), []);
  });
});
