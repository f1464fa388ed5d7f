import assert from "node:assert/strict";
import type { Example, FailingExample } from "./examples";
import { runExample } from "./run-example";
import type { Policy } from "./run-example";

/** Fails unless the rule applied to the example, judged all of it and found nothing. */
export async function assertNoViolation(policy: Policy, example: Example): Promise<void> {
  const { violations, notJudged } = await runExample(policy, example);
  assert.deepEqual(violations.map(({ message }) => message), [], `'${example.title}' should pass`);
  assert.deepEqual(notJudged, [], `'${example.title}' should be judged in full`);
}

/** Fails unless the rule reports exactly the example's messages, in order, and judged all of it. */
export async function assertViolation(policy: Policy, example: FailingExample): Promise<void> {
  const { violations, notJudged } = await runExample(policy, example);
  assertMessages(example.title, violations.map(({ message }) => message), example.message);
  assert.deepEqual(notJudged, [], `'${example.title}' should be judged in full`);
}

/** Fails unless the rule reports exactly those messages and says what it could not judge. */
export async function assertNotJudged(
  policy: Policy,
  example: Example & { readonly message: readonly RegExp[]; readonly notJudged: RegExp },
): Promise<void> {
  const { violations, notJudged } = await runExample(policy, example);
  assertMessages(example.title, violations.map(({ message }) => message), example.message);
  assert.equal(notJudged.length, 1, `'${example.title}' should have one line of what was not judged: ${notJudged.join(" | ")}`);
  assert.match(notJudged[0] ?? "", example.notJudged);
}

function assertMessages(title: string, actual: readonly string[], expected: RegExp | readonly RegExp[]): void {
  const patterns = expected instanceof RegExp ? [expected] : expected;
  const found = `'${title}' reported:\n${actual.map((message) => `  - ${message}`).join("\n")}`;
  assert.equal(actual.length, patterns.length, `${found}\n  and should report ${patterns.length}`);
  patterns.forEach((pattern, index) => assert.match(actual[index] ?? "", pattern, found));
}
