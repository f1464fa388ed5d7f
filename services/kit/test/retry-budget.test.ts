import assert from "node:assert/strict";
import { RetryBudget } from "../src/client/retry-budget";

function spendAll(budget: RetryBudget): number {
  let count = 0;
  while (budget.spend()) count += 1;
  return count;
}

describe("retry budget", () => {
  it("allows a few retries to a client that calls seldom, and gives them back with time", () => {
    let now = 0;
    const budget = new RetryBudget(() => now);
    assert.equal(spendAll(budget), 3);
    now += 4_000;
    assert.equal(spendAll(budget), 1);
    now += 3_600_000;
    assert.equal(spendAll(budget), 3);
  });

  it("earns one retry with five calls, and saves up no more than twenty", () => {
    const budget = new RetryBudget(() => 0);
    spendAll(budget);
    for (let call = 0; call < 51; call += 1) budget.called();
    assert.equal(spendAll(budget), 10);
    for (let call = 0; call < 1_000; call += 1) budget.called();
    assert.equal(spendAll(budget), 20);
  });
});
