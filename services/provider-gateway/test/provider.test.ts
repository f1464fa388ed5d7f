import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { BREAK_AFTER_FAILURES } from "../limits";
import { Provider } from "../src/provider";
import { ProviderFailure } from "../src/provider-failure";
import { completion, json, startFakeProvider } from "./support/fake-provider";
import type { FakeProvider } from "./support/fake-provider";

const HALF_OPEN_AFTER_MS = 30;
const request = { model: "m", messages: [{ role: "user", content: "hi" }] };

describe("provider", () => {
  let fake: FakeProvider;
  let provider: Provider;

  beforeEach(async () => {
    fake = await startFakeProvider();
    const settings = { name: "p", baseUrl: fake.baseUrl, models: [{ name: "m", inputPer1k: 1, outputPer1k: 1 }], timeoutMs: 5_000, priority: 1 };
    provider = new Provider(settings, HALF_OPEN_AFTER_MS);
  });
  afterEach(async () => {
    await provider.close();
    await fake.stop();
  });

  async function reasonOf(): Promise<string> {
    const error = await provider.complete(request, new AbortController().signal).then(() => "none", (thrown: unknown) => thrown);
    return error instanceof ProviderFailure ? error.reason : String(error);
  }

  it("is left alone after failures in a row, asked once after a while, and taken back when it answers", async () => {
    fake.behave = json(500, {});
    for (let count = 0; count < BREAK_AFTER_FAILURES; count += 1) assert.equal(await reasonOf(), "server-error");
    assert.deepEqual([await reasonOf(), provider.state, fake.asked.length], ["out", "open", BREAK_AFTER_FAILURES]);
    await sleep(2 * HALF_OPEN_AFTER_MS);
    assert.deepEqual([await reasonOf(), await reasonOf(), fake.asked.length], ["server-error", "out", BREAK_AFTER_FAILURES + 1]);
    fake.behave = json(200, completion("hello"));
    await sleep(2 * HALF_OPEN_AFTER_MS);
    assert.deepEqual([await reasonOf(), provider.state], ["none", "closed"]);
  });

  it("is left alone when it answers with what is no completion, however often it says 200", async () => {
    fake.behave = json(200, {});
    for (let count = 0; count < BREAK_AFTER_FAILURES; count += 1) assert.equal(await reasonOf(), "bad-answer");
    assert.deepEqual([await reasonOf(), provider.state], ["out", "open"]);
  });

  it("is not left alone for requests that are the caller's fault, nor for a success in between", async () => {
    fake.behave = json(422, {});
    for (let count = 0; count <= BREAK_AFTER_FAILURES; count += 1) assert.match(await reasonOf(), /provider-refused/);
    for (let count = 0; count < 2 * BREAK_AFTER_FAILURES; count += 1) {
      fake.behave = count % BREAK_AFTER_FAILURES === 0 ? json(200, completion("hello")) : json(503, {});
      assert.equal(await reasonOf(), count % BREAK_AFTER_FAILURES === 0 ? "none" : "server-error");
    }
    assert.equal(provider.state, "closed");
  });
});
