import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, pipeline } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { BREAK_AFTER_FAILURES } from "../limits";
import { completion, json, startFakeProvider } from "./support/fake-provider";
import type { FakeProvider } from "./support/fake-provider";
import { startRig } from "./support/rig";
import type { Answered, Gateway, Rig } from "./support/rig";

const MODEL = { name: "m", inputPer1k: 0.0005, outputPer1k: 0.0015 };
const messages = [{ role: "user", content: "12345678" }];

function* endless(): Generator<string> {
  for (;;) yield "x".repeat(100_000);
}

describe("completions through the gateway, on a real PostgreSQL and Redis", function () {
  this.timeout(60_000);
  let rig: Rig;
  let first: FakeProvider;
  let second: FakeProvider;
  let gateway: Gateway;
  const secrets = mkdtempSync(join(tmpdir(), "agentic-flow-keys-"));

  before(async function () {
    const started = await startRig();
    if (started === undefined) this.skip();
    rig = started;
  });
  after(async () => {
    rmSync(secrets, { recursive: true });
    await rig?.stop();
  });
  beforeEach(async () => {
    first = await startFakeProvider();
    second = await startFakeProvider();
    second.behave = json(200, completion("from the second"));
    gateway = await rig.gateway(providers());
    await gateway.postgres.query("delete from call");
    await gateway.postgres.query("delete from spend");
    await rig.redis.admin("FLUSHALL");
  });
  afterEach(async () => {
    await gateway?.stop();
    await Promise.all([first?.stop(), second?.stop()]);
  });

  function providers(more: object = {}): object[] {
    // Given in the wrong order on purpose: the priority decides.
    return [
      { name: "second", baseUrl: second.baseUrl, models: [MODEL, { ...MODEL, name: "only/second" }], priority: 2 },
      { name: "first", baseUrl: first.baseUrl, models: [MODEL], priority: 1, timeoutMs: 2_000, ...more },
    ];
  }

  const complete = (more: object = {}, by: Gateway = gateway): Promise<Answered> => by.send("POST", "/api/v1/providers/complete", { model: "m", messages, ...more });
  const chat = (more: object = {}, headers?: Record<string, string>): Promise<Answered> => gateway.send("POST", "/v1/chat/completions", { model: "m", messages, ...more }, headers);
  const rows = async (): Promise<Record<string, unknown>[]> =>
    (await gateway.postgres.query("select tenant, provider, model, streamed, outcome, prompt_tokens, completion_tokens, estimated, cost_nano_usd::int from call order by at")).rows;

  it("hands OpenAI's form on and back as it is, and writes down what it cost", async () => {
    const { status, headers, body } = await chat({ temperature: 0.2, tools: [{ type: "function" }], user: "u" });
    assert.deepEqual([status, headers.get("x-provider"), headers.get("x-cost-usd")], [200, "first", "0.001250000"]);
    assert.deepEqual(body, completion("hello"));
    assert.equal(first.asked[0]?.path, "/openai/v1/chat/completions");
    assert.deepEqual(first.asked[0]?.body, { model: "m", messages, temperature: 0.2, tools: [{ type: "function" }], user: "u" });
    assert.equal(first.asked[0]?.headers["traceparent"], undefined, "who calls here is nobody's business outside");
    assert.deepEqual(await rows(), [
      { tenant: "default", provider: "first", model: "m", streamed: false, outcome: "ok", prompt_tokens: 1000, completion_tokens: 500, estimated: false, cost_nano_usd: 1_250_000 },
    ]);
  });

  it("tells what a call cost in its own form", async () => {
    const { status, body } = await complete({ maxTokens: 10, temperature: 1 });
    const { latencyMs, ...rest } = body;
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(rest, {
      provider: "first", model: "m", content: "hello", finishReason: "stop", usage: { promptTokens: 1000, completionTokens: 500, estimated: false }, costUsd: 0.00125,
    });
    assert.ok(Number.isInteger(latencyMs));
    assert.deepEqual(first.asked[0]?.body, { model: "m", messages, max_tokens: 10, temperature: 1 });
  });

  it("guesses, and says so, where a provider does not count", async () => {
    first.behave = json(200, completion("12345678", { prompt_tokens: -1, completion_tokens: "many" }));
    assert.deepEqual((await complete()).body["usage"], { promptTokens: Math.ceil(JSON.stringify(messages).length / 4), completionTokens: 3, estimated: true });
    assert.equal((await rows())[0]?.["estimated"], true);
  });

  const failures: [string, (fake: FakeProvider) => void][] = [
    ["answers 500", (fake) => (fake.behave = json(500, {}))],
    ["answers 429", (fake) => (fake.behave = json(429, {}, { "retry-after": "30" }))],
    ["does not know the key", (fake) => (fake.behave = json(401, {}))],
    ["sends somewhere else", (fake) => (fake.behave = json(302, {}, { location: "http://127.0.0.1:1/" }))],
    ["answers no JSON", (fake) => (fake.behave = (response) => void response.end("<html>"))],
    ["answers something else", (fake) => (fake.behave = json(200, { choices: "none" }))],
    ["breaks its answer off", (fake) => (fake.behave = (response) => void response.writeHead(200, { "content-length": "100" }).write("{", () => response.destroy()))],
    ["hangs up", (fake) => (fake.behave = (response) => void response.destroy())],
    ["answers without end", (fake) => (fake.behave = (response) => void pipeline(Readable.from(endless()), response, () => undefined))],
  ];
  for (const [what, misbehave] of failures) {
    it(`goes on to the next provider when one ${what}`, async () => {
      misbehave(first);
      const { status, body } = await complete();
      assert.deepEqual([status, body["provider"], body["content"]], [200, "second", "from the second"], JSON.stringify(body));
      assert.deepEqual((await rows()).map(({ provider }) => provider), ["second"]);
      assert.match(await gateway.metrics(), /^gateway_fallbacks_total\{provider="first",reason="[a-z-]+".*\} 1$/m);
    });
  }

  it("goes on when a provider is too slow, or is not there", async () => {
    await gateway.stop();
    gateway = await rig.gateway(providers({ timeoutMs: 50 }));
    first.behave = () => undefined;
    assert.equal((await complete()).body["provider"], "second");
    await first.stop();
    assert.equal((await complete()).body["provider"], "second");
    assert.match(await gateway.metrics(), /reason="timeout"[^]*reason="unreachable"|reason="unreachable"[^]*reason="timeout"/);
  });

  it("tells the caller of a request that no provider would take, and asks no other", async () => {
    first.behave = json(400, { error: { message: "messages[0] is odd" } });
    const { status, body } = await complete();
    assert.deepEqual([status, body.code, body["provider"], second.asked.length], [422, "provider-refused", "first", 0]);
    assert.match(body.detail, /messages\[0\] is odd/);
  });

  it("says what each provider said when none serves", async () => {
    first.behave = json(500, {});
    second.behave = json(429, {}, { "retry-after": "7" });
    const { status, headers, body } = await complete();
    assert.deepEqual([status, body.code, headers.get("retry-after")], [503, "providers-failed", "7"]);
    assert.deepEqual(body["attempts"], [{ provider: "first", reason: "server-error" }, { provider: "second", reason: "busy" }]);
    assert.deepEqual(await rows(), []);
    first.behave = json(429, {}, { "retry-after": "3" });
    const busy = await complete();
    assert.deepEqual([busy.status, busy.body.code, busy.headers.get("retry-after")], [429, "providers-busy", "3"]);
  });

  it("leaves a provider alone for the time it asked for", async () => {
    first.behave = json(429, {}, { "retry-after": "30" });
    await complete();
    assert.equal((await complete()).body["provider"], "second");
    assert.equal(first.asked.length, 1);
    const { body } = await gateway.send("GET", "/api/v1/providers");
    const cooling = (body["providers"] as { name: string; coolingMs: number }[]).map(({ name, coolingMs }) => [name, coolingMs > 20_000 && coolingMs <= 30_000]);
    assert.deepEqual(cooling, [["first", true], ["second", false]]);
  });

  it("stops asking a provider that fails again and again, and shows it", async () => {
    first.behave = json(500, {});
    for (let count = 0; count < BREAK_AFTER_FAILURES + 3; count += 1) assert.equal((await complete()).status, 200);
    assert.equal(first.asked.length, BREAK_AFTER_FAILURES);
    const { body } = await gateway.send("GET", "/api/v1/providers");
    assert.deepEqual((body["providers"] as { name: string; breaker: string }[]).map(({ name, breaker }) => [name, breaker]), [["first", "open"], ["second", "closed"]]);
  });

  it("sends a key that it reads from its file for every call, and shows it nowhere", async () => {
    const file = join(secrets, "key");
    writeFileSync(file, "sk-very-secret\n");
    await gateway.stop();
    gateway = await rig.gateway(providers({ apiKeyFile: file }));
    await complete();
    writeFileSync(file, "sk-another-secret");
    await complete();
    assert.deepEqual(first.asked.map(({ headers }) => headers.authorization), ["Bearer sk-very-secret", "Bearer sk-another-secret"]);
    rmSync(file);
    assert.equal((await complete()).body["provider"], "second", "without its key it cannot be asked");
    assert.doesNotMatch(gateway.log() + JSON.stringify((await gateway.send("GET", "/api/v1/providers")).body), /secret/);
  });

  it("lists each model once, and tells those that are not there", async () => {
    const { body } = await gateway.send("GET", "/v1/models");
    assert.deepEqual((body["data"] as { id: string; owned_by: string }[]).map(({ id, owned_by }) => [id, owned_by]), [["m", "first"], ["only/second", "second"]]);
    assert.equal((await complete({ model: "only/second" })).body["provider"], "second");
    const unknown = await complete({ model: "gpt" });
    assert.deepEqual([unknown.status, unknown.body.code], [404, "unknown-model"]);
  });

  it("says that no provider is configured, and what to set", async () => {
    await gateway.stop();
    gateway = await rig.gateway([]);
    const { status, body } = await complete();
    assert.deepEqual([status, body.code], [503, "no-provider"]);
    assert.match(body.detail, /'PROVIDERS'/);
    assert.deepEqual((await gateway.send("GET", "/v1/models")).body["data"], []);
    assert.equal((await gateway.send("POST", "/v1/embeddings", {})).status, 501);
  });

  it("lets no tenant spend more than its budget, nor an unknown one anything", async () => {
    await gateway.stop();
    gateway = await rig.gateway(providers(), { poor: { monthlyBudgetUsd: 0.002 }, rich: { monthlyBudgetUsd: 1 } });
    assert.deepEqual([(await complete({ tenant: "poor" })).status, (await complete({ tenant: "poor" })).status], [200, 200]);
    const refused = await chat({}, { "x-tenant": "poor" });
    assert.deepEqual([refused.status, refused.body.code, refused.body["spentUsd"], refused.body["budgetUsd"]], [402, "budget-exhausted", 0.0025, 0.002]);
    assert.equal((await complete({ tenant: "rich" })).status, 200);
    const unknown = await complete({ tenant: "stranger" });
    assert.deepEqual([unknown.status, unknown.body.code], [403, "unknown-tenant"]);
    assert.equal(first.asked.length, 3);
  });

  it("counts the requests of a tenant over all replicas, and alone when Redis is gone", async () => {
    await gateway.stop();
    const tenants = { slow: { requestsPerSecond: 0.01, burst: 3 } };
    gateway = await rig.gateway(providers(), tenants);
    const other = await rig.gateway(providers(), tenants);
    const statuses = async (count: number): Promise<number[]> => {
      const found: number[] = [];
      for (let index = 0; index < count; index += 1) found.push((await complete({ tenant: "slow" }, index % 2 === 0 ? gateway : other)).status);
      return found;
    };
    assert.deepEqual(await statuses(5), [200, 200, 200, 429, 429]);
    const limited = await complete({ tenant: "slow" });
    assert.deepEqual([limited.body.code, Number(limited.headers.get("retry-after")) > 90], ["rate-limited", true]);
    assert.equal((await complete()).status, 200, "another tenant");
    await rig.redis.kill();
    assert.deepEqual(await statuses(8), [200, 200, 200, 200, 200, 200, 429, 429], "each replica by itself");
    assert.match(await gateway.metrics(), /^rate_limit_fallbacks_total\{.*\} 4$/m);
    await rig.redis.restart();
    await other.stop();
  });

  it("asks nobody while it could not write down what it costs", async () => {
    await rig.postgres.kill();
    const { status, headers } = await complete();
    assert.deepEqual([status, headers.get("retry-after"), first.asked.length], [503, "1", 0]);
    await rig.postgres.restart();
    assert.equal((await complete()).status, 200);
  });

  it("does not give out an answer whose cost was not written down, and logs the entry", async () => {
    await gateway.postgres.query("alter table call rename to away");
    const { status } = await complete();
    await gateway.postgres.query("alter table away rename to call");
    assert.equal(status, 504);
    assert.match(gateway.log(), /could not be written down/);
    assert.match(gateway.log(), /"costNanoUsd":1250000/);
    assert.match(await gateway.metrics(), /^gateway_ledger_lost_total\{.*\} 1$/m);
  });

  it("stops the provider when the caller hangs up, and writes down what was asked", async () => {
    let begun = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (begun = resolve));
    first.behave = () => begun();
    const abort = new AbortController();
    const call = fetch(`${gateway.url}/v1/chat/completions`, { method: "POST", body: JSON.stringify({ model: "m", messages }), headers: { "content-type": "application/json" }, signal: abort.signal }).catch(() => undefined);
    await waiting;
    abort.abort();
    await call;
    while ((await rows()).length === 0) await sleep(10);
    assert.deepEqual((await rows()).map(({ outcome, estimated, completion_tokens: tokens }) => [outcome, estimated, tokens]), [["abandoned", true, 0]]);
    while (first.hungUp() === 0) await sleep(10);
    assert.equal(second.asked.length, 0);
  });

  it("asks once for all repetitions with the same key, and keeps no stream", async () => {
    const key = { "idempotency-key": "k-1" };
    const answers = [await chat({}, key), await chat({}, key)];
    assert.deepEqual(answers.map(({ status, body }) => [status, body]), [[200, completion("hello")], [200, completion("hello")]]);
    assert.deepEqual([first.asked.length, (await rows()).length], [1, 1]);
    assert.deepEqual([(await chat({ user: "other" }, key)).status, (await chat({ stream: true }, { "idempotency-key": "k-2" })).status], [422, 400]);
  });

  it("sums up costs by provider, model, tenant and day", async () => {
    first.behave = json(200, completion("x", null));
    await complete();
    await complete({ model: "only/second" });
    await complete({ model: "only/second" });
    const costs = (query: string): Promise<Answered> => gateway.send("GET", `/api/v1/providers/costs${query}`);
    const { status, body } = await costs("");
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual((body["groups"] as { key: string; calls: number; costUsd: number }[]).map(({ key, calls, costUsd }) => [key, calls, costUsd])[0], ["second", 2, 0.0025]);
    const total = body["total"] as { readonly calls: number; readonly estimatedCalls: number };
    assert.deepEqual([total.calls, total.estimatedCalls, body["truncated"]], [3, 1, false]);
    const keys = async (groupBy: string): Promise<string[]> => ((await costs(`?groupBy=${groupBy}`)).body["groups"] as { key: string }[]).map(({ key }) => key);
    assert.deepEqual([await keys("model"), await keys("tenant"), await keys("day")], [["only/second", "m"], ["default"], [new Date().toISOString().slice(0, 10)]]);
    assert.deepEqual((await costs("?from=2020-01-01&to=2020-02-01T00:00:00Z")).body["total"], { calls: 0, promptTokens: 0, completionTokens: 0, costUsd: 0, estimatedCalls: 0 });
    const wrong = await costs("?from=2020-01-01&to=2019-02-31");
    assert.deepEqual([wrong.status, wrong.body.violations?.length], [400, 1]);
    assert.equal((await costs("?from=2020-01-01&to=2026-01-01")).status, 400);
  });

  it("refuses bodies that do not fit, and lists why", async () => {
    const { status, body } = await complete({ messages: [], model: "", temperature: 3, extra: 1 });
    assert.deepEqual([status, body.violations?.map(({ pointer }) => pointer).sort()], [400, ["/extra", "/messages", "/model", "/temperature"]]);
    assert.equal((await chat({ messages: [{ content: "no role" }] })).status, 400);
    assert.equal((await chat({ n: 9 })).status, 400);
  });
});
