import assert from "node:assert/strict";
import { ConfigError, readConfig } from "../src/config";

const variables = {
  urls: { name: "URLS", description: "where the store is", kind: "httpsUrls", required: true },
  ca: { name: "CA_FILE", description: "its authority", kind: "file", required: true },
  port: { name: "PORT", description: "port of the API", kind: "port", required: false, default: "8080" },
  admin: { name: "ADMIN_PORT", description: "port of health", kind: "port", required: false, default: "8081" },
  level: { name: "LOG_LEVEL", description: "how much is logged", kind: "logLevel", required: false, default: "info" },
  region: { name: "REGION", description: "where this runs", kind: "string", required: true },
  note: { name: "NOTE", description: "anything", kind: "string", required: false },
} as const;

const good = { URLS: "https://a:2379, https://b.example:2379", CA_FILE: __filename, REGION: "local" };

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(variables, env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.ok(error.faults.every((fault) => error.message.includes(fault)), "the message lists every fault");
    return error.faults;
  }
  return [];
}

describe("config", () => {
  it("reads every kind, with defaults for what is absent or empty", () => {
    assert.deepEqual(readConfig(variables, { ...good, PORT: "", ADMIN_PORT: "9000", LOG_LEVEL: "debug" }), {
      urls: ["https://a:2379", "https://b.example:2379"], ca: __filename, port: 8080, admin: 9000, level: "debug", region: "local",
    });
  });

  it("lists all errors at once, each with its variable, its value and its rule", () => {
    const faults = faultsOf({ URLS: "https://a,http://b", CA_FILE: "/does/not/exist", PORT: "http", ADMIN_PORT: "70000", LOG_LEVEL: "loud" });
    assert.equal(faults.length, 6);
    const expected = [/^'URLS' \(https:\/\/a,http:\/\/b\) must be 'https:/, /^'CA_FILE' \(\/does\/not\/exist\) must name a readable file \(ENOENT\)/, /^'PORT' \(http\) must be a port/, /^'ADMIN_PORT' \(70000\) must be a port/, /^'LOG_LEVEL' \(loud\) must be one of fatal,/, /^'REGION' is not set and is required: where this runs/];
    for (const [index, pattern] of expected.entries()) assert.match(faults[index] ?? "", pattern);
  });

  for (const url of ["https://user:pw@a", "https://a/path", "https://a?x", "a:2379", ""]) {
    it(`refuses '${url}' as an endpoint`, () => {
      assert.equal(faultsOf({ ...good, URLS: url }).length, 1);
    });
  }

  it("does not repeat a password that was put into a URL", () => {
    const [fault] = faultsOf({ ...good, URLS: "https://user:hunter2@a" });
    assert.match(fault ?? "", /\[redacted\]@a/);
    assert.ok(!fault?.includes("hunter2"));
  });

  it("refuses two servers on one port, and lets both take any free one", () => {
    assert.deepEqual(faultsOf({ ...good, PORT: "9000", ADMIN_PORT: "9000" }), ["'ADMIN_PORT' (9000) must differ from 'PORT'"]);
    assert.deepEqual(faultsOf({ ...good, PORT: "0", ADMIN_PORT: "0" }), []);
  });

  it("refuses a folder where a file is wanted", () => {
    assert.match(faultsOf({ ...good, CA_FILE: __dirname })[0] ?? "", /must name a file, not a folder/);
  });
});
