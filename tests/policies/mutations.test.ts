import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rules } from "../../policies/baseline/rules";
import type { ExampleResource } from "../../policies/kit/examples";
import { mutations } from "../../policies/kit/mutate";
import { runPack } from "../../policies/kit/run-pack";
import { sampleStack } from "../../policies/kit/sample-stack";

/** What no rule notices, and why that is right. A `*` in a mutation stands for any text. */
interface Reviewed {
  readonly mutation: string;
  readonly reason: string;
}

const testTimeoutMs = 60_000;
/** Fewer would mean that the sample or the generator lost something. */
const MUTATIONS_MIN = 280;

const reviewed = JSON.parse(readFileSync(join(__dirname, "../../policies/baseline/unjudged.json"), "utf8")) as Reviewed[];

/** Titles of what no rule noticed, and how many were tried. */
async function unnoticed(stack: readonly ExampleResource[]): Promise<{ titles: string[]; tried: number }> {
  const titles: string[] = [];
  let tried = 0;
  for (const mutation of mutations(stack)) {
    tried += 1;
    const { violations } = await runPack(rules, mutation.stack);
    if (violations.length === 0) titles.push(mutation.title);
  }
  return { titles, tried };
}

function matches(pattern: string, title: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.[\]'()/\\^$+?{}|-]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(title);
}

describe("mutations", () => {
  it("spoil every value once in each way, and nothing else", () => {
    const resource = { type: "kubernetes:core/v1:Service", name: "web", props: { a: { "x/y": "text" }, list: [{ on: true }, 7] } };
    const found = [...mutations([resource])].map(({ title, stack }) => [title.replace("Service web: ", ""), JSON.stringify(stack[0]?.props)]);
    const list = `"list":[{"on":true},7]`;
    const a = `"a":{"x/y":"text"}`;
    assert.deepEqual(found, [
      ["a removed", `{${list}}`],
      ["a['x/y'] removed", `{"a":{},${list}}`],
      ["a['x/y'] changed", `{"a":{"x/y":"spoiled"},${list}}`],
      ["list removed", `{${a}}`],
      ["list[] removed", `{${a},"list":[7]}`],
      ["list[].on removed", `{${a},"list":[{},7]}`],
      ["list[].on changed", `{${a},"list":[{"on":false},7]}`],
      ["list[] removed", `{${a},"list":[{"on":true}]}`],
      ["list[] changed", `{${a},"list":[{"on":true},0]}`],
    ]);
    assert.deepEqual(resource.props, { a: { "x/y": "text" }, list: [{ on: true }, 7] });
  });

  it("of a stack that passes are noticed, or reviewed", async function () {
    this.timeout(testTimeoutMs);
    assert.deepEqual((await runPack(rules, sampleStack())).violations, []);
    const { titles, tried } = await unnoticed(sampleStack());
    assert.ok(tried >= MUTATIONS_MIN, `${tried} mutations`);
    const news = titles.filter((title) => !reviewed.some(({ mutation }) => matches(mutation, title)));
    assert.deepEqual(news, [], "no rule notices these: tighten one, or review them in policies/baseline/unjudged.json");
    const stale = reviewed.filter(({ mutation }) => !titles.some((title) => matches(mutation, title)));
    assert.deepEqual(stale, [], "these are noticed, or happen no more: take them out of policies/baseline/unjudged.json");
    for (const { mutation, reason } of reviewed) assert.match(reason, /^[A-Z].{20,}\.$/, mutation);
  });
});
