import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { once } from "node:events";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { credentials } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { CreateRequest } from "@pulumi/pulumi/proto/provider_pb";
import type { CreateResponse } from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { findOfficialPlugin, serveProviders } from "..";
import { isSecret } from "../kit/values";
import { urnOf } from "./support";

const loadTimeoutMs = 60_000;

/** Asks a served provider for a resource, as the engine would. */
async function create(port: number | undefined, urn: string, inputs: Record<string, JavaScriptValue>): Promise<Record<string, unknown>> {
  const client = new ResourceProviderClient(`127.0.0.1:${String(port)}`, credentials.createInsecure());
  const request = new CreateRequest();
  request.setUrn(urn);
  request.setProperties(Struct.fromJavaScript(inputs));
  try {
    const response = await new Promise<CreateResponse>((resolve, reject) => {
      client.create(request, (error: Error | null, answer: CreateResponse) => (error === null ? resolve(answer) : reject(error)));
    });
    return response.getProperties()?.toJavaScript() ?? {};
  } finally {
    client.close();
  }
}

async function listens(port = 0): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe("serveProviders", function () {
  this.timeout(loadTimeoutMs);
  let place: string;
  let env: NodeJS.ProcessEnv;
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), "agentic-flow-providers-"));
    env = { PATH: join(place, "bin"), PULUMI_HOME: join(place, "pulumi") };
  });
  afterEach(() => rm(place, { recursive: true, force: true }));

  const plugin = async (directory: string, provider = "tls"): Promise<string> => {
    const path = join(place, directory, `pulumi-resource-${provider}`);
    await mkdir(join(place, directory), { recursive: true });
    await writeFile(path, "");
    await chmod(path, 0o755);
    return path;
  };

  it("answers the engine's calls over gRPC until it is closed", async () => {
    const served = await serveProviders({ env });
    try {
      const [, port, randomPort] = (/^tls:(\d+),random:(\d+)$/.exec(served.debugProviders) ?? []).map(Number);
      const keys = await create(port, urnOf("PrivateKey"), { algorithm: "ED25519" });
      assert.ok(isSecret(keys["privateKeyPem"]));
      assert.match(JSON.stringify(keys["publicKeyPem"]), /BEGIN PUBLIC KEY/);
      const password = await create(randomPort, urnOf("RandomPassword", "random"), { length: 9, special: false, numeric: false, upper: false, lower: true });
      assert.ok(isSecret(password["result"]));
      assert.match(JSON.stringify(password["result"]), /"[a-z]{9}"/);
      await served.close();
      assert.deepEqual(await Promise.all([port, randomPort].map(listens)), [false, false]);
    } finally {
      await served.close();
    }
  });

  it("ends with the process that started it, however that ends", async () => {
    const script = `require("./providers").serveProviders({ env: ${JSON.stringify(env)} }).then((s) => console.log(s.debugProviders));`;
    const starter = spawn(process.execPath, ["-r", "ts-node/register/transpile-only", "-e", script], {
      cwd: join(__dirname, "..", ".."), stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(createInterface({ input: starter.stdout }), "line")) as [string];
    const ports = [...line.matchAll(/\d+/g)].map(([port]) => Number(port));
    assert.equal(ports.length, 2);
    for (const port of ports) assert.ok(await listens(port));
    const gone = once(starter.stdout, "close");
    starter.kill("SIGKILL");
    await gone;
    for (const port of ports) while (await listens(port)) await new Promise((resolve) => setTimeout(resolve, 50));
  });

  it("says what a provider said that ended before it listened", async () => {
    const main = join(place, "broken.ts");
    await writeFile(main, 'throw new Error("no such luck");');
    const broken = (provider: string): string => (provider === "random" ? main : join(__dirname, "..", provider, "main.ts"));
    await assert.rejects(serveProviders({ env, main: broken }), /the random provider ended with code 1 before it listened: .*no such luck/s);
    await writeFile(main, 'console.log("hello"); setInterval(() => {}, 1000);');
    await assert.rejects(serveProviders({ env, main: broken }), /the random provider printed "hello" instead of its port/);
    await assert.rejects(serveProviders({ env, signal: AbortSignal.abort(new Error("not now")) }), /not now/);
  });

  it("starts nothing when the engine finds the official plugin itself", async () => {
    await plugin("bin");
    await plugin("bin", "random");
    const served = await serveProviders({ env, main: () => join(place, "absent.ts") });
    assert.equal(served.debugProviders, "");
    await served.close();
  });

  it("finds the official plugin on PATH or among the engine's own, of the SDK's major version and not older", async () => {
    assert.equal(await findOfficialPlugin("tls", "5.6.1", env), undefined);
    await plugin("pulumi/plugins/resource-tls-v5.6.0");
    await plugin("pulumi/plugins/resource-tls-v6.0.0");
    assert.equal(await findOfficialPlugin("tls", "5.6.1", env), undefined);
    const later = await plugin("pulumi/plugins/resource-tls-v5.10.0");
    assert.equal(await findOfficialPlugin("tls", "5.6.1", env), later);
    const onPath = await plugin("bin");
    assert.equal(await findOfficialPlugin("tls", "5.6.1", env), onPath);
  });
});
