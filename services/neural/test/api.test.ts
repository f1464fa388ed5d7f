import Ajv from "ajv";
import assert from "node:assert/strict";
import { join } from "node:path";
import type { ProblemDocument, RunningService } from "../../kit/src";
import { createPostgres, migrate } from "../../kit/src/postgres";
import type { Postgres } from "../../kit/src/postgres";
import { quietTelemetry, serveTest, silentLogger, testContext } from "../../kit/test/support/context";
import { NO_POSTGRES, findPostgres, startPostgres } from "../../kit/test/support/postgres-server";
import type { PostgresServer } from "../../kit/test/support/postgres-server";
import { contract } from "../contract";
import { MAX_VERSIONS_PER_MODEL } from "../limits";
import { ModelView, RouteView, VersionView } from "../schemas";
import { createNeuralService } from "../src/service";

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // The tests look at what is really sent, whatever its type says.
  readonly body: ProblemDocument & Readonly<Record<string, unknown>>;
}

const ajv = new Ajv({ strict: false });
const [isModel, isVersion, isRoute] = [ModelView, VersionView, RouteView].map((schema) => ajv.compile(schema));
const artifact = { uri: "s3://models/e5.onnx", sha256: "a".repeat(64), bytes: 133_000_000 };

describe("neural API, on a real PostgreSQL", function () {
  this.timeout(60_000);
  let server: PostgresServer;
  let postgres: Postgres;
  let service: RunningService;

  before(async function () {
    const binaries = findPostgres();
    if (binaries === undefined) {
      console.log(`      ${NO_POSTGRES}`);
      this.skip();
    }
    server = await startPostgres(binaries);
    const logger = silentLogger(contract);
    const telemetry = quietTelemetry(contract);
    postgres = createPostgres({ settings: await server.addService(contract.name), telemetry, logger, applicationName: contract.name });
    await migrate({ postgres, directory: join(__dirname, "..", "migrations"), logger });
    service = await serveTest(testContext(contract, { handles: { postgres }, telemetry }), createNeuralService, { close: () => postgres.end() });
  });
  after(async () => {
    await service?.stop();
    await server?.stop();
  });
  afterEach(() => postgres?.query("truncate model, version"));

  async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answered> {
    const withBody = body === undefined ? { headers } : { body: JSON.stringify(body), headers: { "content-type": "application/json", ...headers } };
    const response = await fetch(`http://127.0.0.1:${service.port}/api/v1/neural/models${path}`, { method, ...withBody });
    return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) as Answered["body"] };
  }

  const create = (name: string, task = "embedding"): Promise<Answered> => send("POST", "", { name, task });
  const addVersion = (model: string, version: string): Promise<Answered> => send("POST", `/${model}/versions`, { version, artifact, runtime: "onnxruntime" });
  const setWeights = (model: string, weights: object, headers?: Record<string, string>): Promise<Answered> => send("PUT", `/${model}/traffic`, { weights }, headers);

  it("registers models and versions, each name once", async () => {
    const made = await create("e5");
    assert.deepEqual([made.status, made.headers.get("location"), made.headers.get("etag")], [201, "/api/v1/neural/models/e5", '"1"']);
    assert.ok(isModel?.(made.body), JSON.stringify(isModel?.errors));
    assert.deepEqual((await send("GET", "/e5")).body, made.body);
    const version = await addVersion("e5", "1.0");
    assert.deepEqual([version.status, version.headers.get("location")], [201, "/api/v1/neural/models/e5/versions/1.0"]);
    assert.ok(isVersion?.(version.body), JSON.stringify(isVersion?.errors));
    assert.deepEqual([version.body["artifact"], (await send("GET", "/e5/versions/1.0")).body], [artifact, version.body]);
    for (const again of [await create("e5"), await addVersion("e5", "1.0")]) assert.deepEqual([again.status, again.body.code], [409, "conflict"]);
    for (const absent of [await send("GET", "/x"), await send("GET", "/x/versions"), await send("GET", "/e5/versions/2"), await addVersion("x", "1"), await setWeights("x", { "1": 100 }), await send("GET", "/x/route?key=k")]) {
      assert.deepEqual([absent.status, absent.body.code], [404, "not-found"]);
    }
  });

  it("makes one model of a request that is sent again with its key", async () => {
    const key = { "idempotency-key": "k" };
    const first = await send("POST", "", { name: "once", task: "generation" }, key);
    const again = await send("POST", "", { name: "once", task: "generation" }, key);
    assert.deepEqual([again.status, again.body], [201, first.body]);
    assert.equal((await send("POST", "", { name: "twice", task: "generation" }, key)).status, 422);
  });

  it("lists models by task and versions, in pages", async () => {
    for (const name of ["b", "a", "C"]) await create(name, name === "b" ? "generation" : "embedding");
    const names = ({ body }: Answered): string[] => (body["models"] as { name: string }[]).map(({ name }) => name);
    assert.deepEqual(names(await send("GET", "")), ["C", "a", "b"]);
    assert.deepEqual(names(await send("GET", "?task=embedding")), ["C", "a"]);
    const first = await send("GET", "?limit=2");
    const rest = await send("GET", `?limit=2&cursor=${String(first.body["nextCursor"])}`);
    assert.deepEqual([names(first), names(rest), rest.body["nextCursor"]], [["C", "a"], ["b"], undefined]);
    for (const version of ["2", "1", "3"]) await addVersion("a", version);
    const versions = await send("GET", "/a/versions?limit=2");
    assert.deepEqual((versions.body["versions"] as { version: string }[]).map(({ version }) => version), ["1", "2"]);
    assert.equal(((await send("GET", `/a/versions?cursor=${String(versions.body["nextCursor"])}`)).body["versions"] as readonly unknown[]).length, 1);
    assert.equal((await send("GET", "?cursor=zzz")).status, 400);
  });

  it("routes keys by weight, each to the same version, and follows a change", async () => {
    await create("m");
    const none = await send("GET", "/m/route?key=k");
    assert.deepEqual([none.status, none.body.code], [409, "no-traffic"]);
    await addVersion("m", "v1");
    await addVersion("m", "v2");
    await setWeights("m", { v1: 50, v2: 50 });
    const versionOf = async (key: string): Promise<string> => {
      const { status, body } = await send("GET", `/m/route?key=${key}`);
      assert.equal(status, 200, JSON.stringify(body));
      assert.ok(isRoute?.(body), JSON.stringify(isRoute?.errors));
      return body["version"].version as string;
    };
    const keys = Array.from({ length: 40 }, (_, index) => `agent-${index}`);
    const chosen = await Promise.all(keys.map(versionOf));
    assert.deepEqual(new Set(chosen), new Set(["v1", "v2"]));
    assert.deepEqual(await Promise.all(keys.map(versionOf)), chosen);
    await setWeights("m", { v1: 0, v2: 100 });
    assert.deepEqual(new Set(await Promise.all(keys.map(versionOf))), new Set(["v2"]));
  });

  it("takes weights that sum up to a hundred, for versions there are, from who saw the last ones", async () => {
    await create("m");
    await addVersion("m", "v1");
    const seen = (await send("GET", "/m")).headers.get("etag") ?? "";
    const wrongSum = await setWeights("m", { v1: 99 });
    assert.deepEqual([wrongSum.status, wrongSum.body.violations?.[0]?.pointer], [400, "/weights"]);
    const unknown = await setWeights("m", { v1: 50, v2: 25, v3: 25 });
    assert.deepEqual([unknown.status, unknown.body.code, unknown.body["unknown"]], [422, "unknown-version", ["v2", "v3"]]);
    assert.equal((await setWeights("m", { v1: 100.5 })).status, 400);
    assert.equal((await setWeights("m", {})).status, 400);
    const answers = await Promise.all(Array.from({ length: 10 }, () => setWeights("m", { v1: 100 }, { "if-match": seen })));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array.from({ length: 9 }, () => 412)]);
    assert.deepEqual([(await send("GET", "/m")).headers.get("etag"), (await send("GET", "/m")).body["weights"]], ['"2"', { v1: 100 }]);
  });

  it("keeps no more versions of a model than it can", async () => {
    await create("m");
    await postgres.query(
      "insert into version (model, version, uri, sha256, bytes, runtime) select 'm', 'v' || each, 'https://x/y', repeat('a', 64), 1, 'vllm' from generate_series(1, $1::int) each",
      [MAX_VERSIONS_PER_MODEL],
    );
    assert.match((await addVersion("m", "next")).body.detail, /500 versions/);
  });

  it("refuses what does not fit, and lists all of it; says 501 to what runs models", async () => {
    const { status, body } = await send("POST", "/m/versions", { version: "a/b", artifact: { uri: "file:///etc/passwd", sha256: "A", bytes: 0 }, runtime: "magic" });
    assert.deepEqual([status, body.violations?.map(({ pointer }) => pointer).sort()], [400, ["/artifact/bytes", "/artifact/sha256", "/artifact/uri", "/runtime", "/version"]]);
    assert.equal((await create("m", "poetry")).status, 400);
    assert.equal((await send("POST", "", { name: "m", task: "embedding", description: "\0" })).status, 400);
    for (const planned of ["/m/embed", "/m/infer"]) assert.equal((await send("POST", planned, {})).status, 501);
  });

  it("answers 503 while PostgreSQL is gone, and is back by itself", async () => {
    await server.kill();
    assert.equal((await send("GET", "")).status, 503);
    await server.restart();
    assert.equal((await send("GET", "")).status, 200);
  });
});
