import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { USAGE_PART, event, json, part, startFakeProvider } from "./support/fake-provider";
import type { FakeProvider } from "./support/fake-provider";
import { startRig } from "./support/rig";
import type { Gateway, Rig } from "./support/rig";

const MODEL = { name: "m", inputPer1k: 1, outputPer1k: 2 };
const messages = [{ role: "user", content: "hi" }];

describe("streams through the gateway, on a real PostgreSQL and Redis", function () {
  this.timeout(60_000);
  let rig: Rig;
  let first: FakeProvider;
  let second: FakeProvider;
  let gateway: Gateway;

  before(async function () {
    const started = await startRig();
    if (started === undefined) this.skip();
    rig = started;
  });
  after(() => rig?.stop());
  beforeEach(async () => {
    first = await startFakeProvider();
    second = await startFakeProvider();
    gateway = await rig.gateway([
      { name: "first", baseUrl: first.baseUrl, models: [MODEL], priority: 1 },
      { name: "second", baseUrl: second.baseUrl, models: [MODEL], priority: 2 },
    ]);
    await gateway.postgres.query("delete from call");
  });
  afterEach(async () => {
    await gateway?.stop();
    await Promise.all([first?.stop(), second?.stop()]);
  });

  function open(more: object = {}, signal?: AbortSignal): Promise<Response> {
    return fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST", body: JSON.stringify({ model: "m", messages, stream: true, ...more }), headers: { "content-type": "application/json" }, ...(signal === undefined ? {} : { signal }),
    });
  }

  async function row(): Promise<Record<string, unknown>> {
    for (;;) {
      const { rows } = await gateway.postgres.query("select provider, streamed, outcome, prompt_tokens, completion_tokens, estimated, cost_nano_usd::bigint::text as cost from call");
      if (rows[0] !== undefined) return rows[0];
      await sleep(10);
    }
  }

  it("hands events on as they are, whatever pieces they come in, and counts what the provider counted", async () => {
    const events = [": hello\n\n", event(part("grü")), `event: x\r\n${event(part("ße")).replaceAll("\n", "\r\n")}`, event("[DONE]")];
    first.behave = async (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const bytes = Buffer.from([...events.slice(0, 3), event(USAGE_PART), ...events.slice(3)].join(""));
      for (let at = 0; at < bytes.length; at += 7) {
        response.write(bytes.subarray(at, at + 7));
        await sleep(0);
      }
      response.end();
    };
    const response = await open();
    assert.deepEqual([response.status, response.headers.get("content-type"), response.headers.get("x-provider")], [200, "text/event-stream", "first"]);
    assert.equal(await response.text(), events.join(""), "without the count that was not asked for");
    assert.deepEqual(first.asked[0]?.body["stream_options"], { include_usage: true });
    assert.deepEqual(await row(), { provider: "first", streamed: true, outcome: "ok", prompt_tokens: 7, completion_tokens: 3, estimated: false, cost: "13000000" });
  });

  it("gives the count to who asks for it", async () => {
    first.behave = (response) => void response.end([event(part("a")), event(USAGE_PART), event("[DONE]")].join(""));
    assert.match(await (await open({ stream_options: { include_usage: true } })).text(), /"prompt_tokens":7/);
  });

  it("has written the call down before the caller has the last event", async () => {
    first.behave = (response) => void response.end([event(part("a")), event(USAGE_PART), event("[DONE]")].join(""));
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    let ending: Promise<unknown> = Promise.resolve();
    await gateway.postgres.transaction(async ({ query }) => {
      await query("lock table call in exclusive mode");
      reader = (await open()).body?.getReader();
      assert.equal(Buffer.from((await reader?.read())?.value ?? []).toString(), event(part("a")));
      ending = reader?.read() ?? ending;
      // The event is there; what it waits for is the table.
      assert.equal(await Promise.race([ending, sleep(200).then(() => "waiting")]), "waiting");
    });
    assert.equal(Buffer.from(((await ending) as { value?: Uint8Array }).value ?? []).toString(), event("[DONE]"));
    assert.equal((await gateway.postgres.query("select 1 from call")).count, 1);
  });

  it("goes on to the next provider before the first event, and not after", async () => {
    first.behave = json(500, {});
    second.behave = (response) => void response.end(event(part("b")) + event("[DONE]"));
    const response = await open();
    assert.equal(response.headers.get("x-provider"), "second");
    assert.equal(await response.text(), event(part("b")) + event("[DONE]"));
  });

  it("ends with an error where the provider's stream is cut, and writes down what was seen", async () => {
    for (const cut of ["destroy", "end"] as const) {
      await gateway.postgres.query("delete from call");
      first.behave = async (response) => {
        response.write(event(part("a")) + event(part("b")) + "data: {\"cho");
        await sleep(20);
        response[cut]();
      };
      const response = await open();
      await assert.rejects(response.text(), `a stream that was cut by '${cut}' looks complete`);
      const { outcome, completion_tokens: tokens, estimated } = await row();
      assert.deepEqual([outcome, tokens, estimated], ["cut", 2, true]);
    }
    assert.equal(second.asked.length, 0);
  });

  it("stops the provider when the caller hangs up, and writes down what was seen", async () => {
    first.behave = (response) => void response.write(event(part("a")));
    const abort = new AbortController();
    const response = await open({}, abort.signal);
    const reader = response.body?.getReader();
    await reader?.read();
    abort.abort();
    const { outcome, completion_tokens: tokens, estimated } = await row();
    assert.deepEqual([outcome, tokens, estimated], ["abandoned", 1, true]);
    while (first.hungUp() === 0) await sleep(10);
  });

  it("reads no faster from the provider than the caller reads", async () => {
    const piece = event(part("x".repeat(60_000)));
    let written = 0;
    let full = false;
    first.behave = async (response) => {
      // A connection's buffers hold a few MiB; 100 of them are not held anywhere.
      while (written < 1_600 && !response.destroyed) {
        written += 1;
        if (response.write(piece)) continue;
        const drained = await Promise.race([new Promise((resolve) => response.once("drain", () => resolve(true))), sleep(1_000).then(() => false)]);
        if (drained === true) continue;
        full = true;
        return;
      }
    };
    const abort = new AbortController();
    await open({}, abort.signal);
    while (!full && written < 1_600) await sleep(50);
    abort.abort();
    assert.ok(full, `${written} pieces of 60 kB were taken from the provider though nobody read them`);
  });

  it("ends a stream with an event that is too large", async () => {
    const tooLarge = `data: ${"x".repeat(2 * 1024 * 1024)}\n\n${event("[DONE]")}`;
    first.behave = (response) => void response.end(tooLarge);
    const response = await open();
    assert.deepEqual([response.status, ((await response.json()) as { code: string }).code], [502, "provider-cut"], "nothing was sent yet");
    assert.equal((await row())["outcome"], "cut");
    first.behave = async (outgoing) => {
      outgoing.write(event(part("a")));
      await sleep(20);
      outgoing.end(tooLarge);
    };
    await assert.rejects((await open()).text());
  });
});
