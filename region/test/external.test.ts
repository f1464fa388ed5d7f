import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { stringify } from "yaml";
import { checkKubeconfig } from "../external";
import { createAuthority, issueLeaf } from "../pki/certificate";
import type { KeyPair } from "../pki/certificate";
import { withFolder } from "./support/region";

let authority: KeyPair;
let serving: KeyPair;

function write(folder: string, server: string, context: string | undefined = "mine"): string {
  const path = join(folder, "kubeconfig");
  writeFileSync(path, stringify({
    apiVersion: "v1", kind: "Config",
    clusters: [{ name: "c", cluster: { server, "certificate-authority-data": Buffer.from(authority.certificate).toString("base64") } }],
    users: [{ name: "u", user: { token: "t" } }],
    contexts: [{ name: "mine", context: { cluster: "c", user: "u" } }],
    ...(context === undefined ? {} : { "current-context": context }),
  }));
  return path;
}

/** Runs `work` against a server that answers everything alike, or never. */
async function withServer(status: number | undefined, work: (url: string) => Promise<void>): Promise<void> {
  const server = createServer({ cert: serving.certificate, key: serving.key }, (_, response) => {
    if (status === undefined) return;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(status === 200 ? { major: "1", minor: "34", gitVersion: "v1.34.2", gitCommit: "", gitTreeState: "", buildDate: "", goVersion: "", compiler: "", platform: "" } : { message: "no" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await work(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe("a user's own kubeconfig", () => {
  before(async () => {
    authority = await createAuthority("test");
    serving = await issueLeaf(authority, { commonName: "api", ipAddresses: ["127.0.0.1"], usages: ["server"] });
  });

  const fails = (path: string, message: RegExp, timeoutMs?: number) => assert.rejects(checkKubeconfig(path, { timeoutMs }), { name: "RegionError", code: "kubeconfig", message });

  it("whose cluster answers is accepted, with what it is", () => withFolder((folder) => withServer(200, async (url) => {
    assert.deepEqual(await checkKubeconfig(write(folder, url)), { context: "mine", server: url, version: "v1.34.2" });
  })));

  it("that is missing, or is something else, is refused", () => withFolder(async (folder) => {
    await fails(join(folder, "absent"), /absent does not exist: .*--kubeconfig$/);
    const path = join(folder, "other");
    writeFileSync(path, "{ not: [yaml");
    await fails(path, /other is not a kubeconfig: /);
    writeFileSync(path, "just text");
    await fails(path, /other (is not a kubeconfig|has no current context)/);
  }));

  it("without a current context, or with one that it does not define, is refused", () => withFolder(async (folder) => {
    await fails(write(folder, "https://127.0.0.1:1", ""), /has no current context: choose one/);
    await fails(write(folder, "https://127.0.0.1:1", "other"), /has the current context 'other', which it does not define/);
  }));

  it("whose cluster refuses the connection or the credentials is refused with that", () => withFolder(async (folder) => {
    let closed = "";
    await withServer(200, (url) => Promise.resolve(void (closed = url)));
    await fails(write(folder, closed), /https:\/\/127\.0\.0\.1:\d+ refuses the connection: is the cluster running\?$/);
    await withServer(401, (url) => fails(write(folder, url), /refuses the credentials \(401\): renew them$/));
    await withServer(403, (url) => fails(write(folder, url), /does not let this user read its version \(403\)/));
    await withServer(500, (url) => fails(write(folder, url), /answers 500 instead of its version/));
  }));

  it("whose cluster says nothing is refused in time", () => withFolder((folder) => withServer(undefined, (url) => fails(write(folder, url), /does not answer: no answer within 50 ms$/, 50))));
});
