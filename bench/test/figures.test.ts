import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { parse } from "yaml";
import type { EngineRun } from "../engine-run";
import { cpuMs, figuresAsJson, perResource, usageByRole } from "../figures";
import type { Figures, Machine } from "../figures";
import { grownStackFile } from "../grown-tree";
import type { Round } from "../measure";
import { renderReport } from "../report";

const MiB = 2 ** 20;

/** A run that takes `wallMs`, half of it on a processor by the program. */
function run(wallMs: number, resources = 100): EngineRun {
  return {
    wallMs,
    resources,
    phases: { engineStartMs: wallMs * 0.1, programStartMs: wallMs * 0.2, resourcesMs: wallMs * 0.6, closingMs: wallMs * 0.1 },
    usage: new Map([["program", { cpuMs: wallMs / 2, peakBytes: wallMs * MiB }], ["engine", { cpuMs: 0, peakBytes: MiB }]]),
  };
}

function round(factor: number): Round {
  return {
    preview: { stack: run(300 * factor), withoutPacks: run(240 * factor), floor: run(100 * factor) },
    up: { stack: run(2000 * factor), withoutAwait: run(1500 * factor), withoutCheckpoints: run(1200 * factor), floor: run(800 * factor) },
    kubectl: { applyMs: 500 * factor, readyMs: 1000 * factor },
  };
}

const machine: Machine = { date: "2026-11-24T00:00:00.000Z", cores: 2, memoryBytes: 24 * 1024 * MiB, node: "v24.0.0", load: 1 };
const figures: Figures = {
  before: machine,
  after: machine,
  rounds: [round(1), round(10), round(2)],
  growth: [{ services: 8, up: run(2000, 100), previews: [run(300)] }, { services: 16, up: run(4000, 200), previews: [run(500), run(500), run(9000)] }],
};

describe("figures", () => {
  it("add up the time on a processor of all parts", () => assert.equal(cpuMs(run(300)), 150));

  it("have medians for each part that had a process", () => {
    assert.deepEqual([...usageByRole([run(100), run(300), run(200)])], [["engine", { cpuMs: 0, peakBytes: MiB }], ["program", { cpuMs: 100, peakBytes: 200 * MiB }]]);
  });

  it("tell what one more resource costs", () => {
    assert.equal(perResource(figures.growth, ({ up }) => up.wallMs), 20);
    assert.equal(perResource(figures.growth.slice(1), ({ up }) => up.wallMs), undefined);
  });

  it("keep the parts of every run as JSON", () => {
    const parsed = JSON.parse(figuresAsJson(figures)) as { rounds: { preview: { stack: { usage: { program: { cpuMs: number } } } } }[] };
    assert.equal(parsed.rounds[1]?.preview.stack.usage.program.cpuMs, 1500);
  });
});

describe("the report", () => {
  const text = renderReport(figures).join("\n");

  it("begins with ratios within a round, so that a busier moment does not count", () => {
    assert.match(text, /preview without change \/ floor +3\.00x +3\.00x/);
    assert.match(text, /same without policy packs \/ floor +2\.40x/);
    assert.match(text, /up from nothing \/ up of the floor +2\.50x/);
    assert.match(text, /up from nothing \/ kubectl apply until ready +2\.00x/);
    assert.match(text, /up without waiting \/ kubectl apply alone +3\.00x/);
    assert.match(text, /up of the floor \/ kubectl apply alone +1\.60x/);
    assert.ok(text.indexOf("RATIO") < text.indexOf("MEDIAN"));
  });

  it("has shares of phases, packs and waiting", () => {
    assert.match(text, /program until its first resource +\S+ s \(20 %\)/);
    assert.match(text, /policy packs: 20 % of a preview/);
    assert.match(text, /waiting for objects: 25 % of an up/);
    assert.match(text, /writing the state after every step: 40 % of an up/);
  });

  it("has medians with their range, memory, and growth", () => {
    assert.match(text, /kubectl apply until ready +2\.0 s +1\.0 s to 10\.0 s/);
    assert.match(text, /program +0\.3 s, 600 MiB/);
    assert.match(text, /16 +200 +0\.5 s +0\.3 s +4\.0 s/);
    assert.match(text, /one more resource: preview 2\.0 ms, its CPU 1\.0 ms, up 20\.0 ms, its CPU 10\.0 ms/);
  });

  it("says so where growth was left out", () => {
    assert.match(renderReport({ ...figures, growth: [] }).join("\n"), /growth was left out/);
  });
});

describe("the stack file of a grown tree", () => {
  it("keeps what was there, and has room for the added services", () => {
    const grown = parse(grownStackFile("config:\n  agentic-flow:services: {agent: {minReplicas: 2}}\n  agentic-flow:edge: {minReplicas: 2}\n", ["bench-1"])) as { config: Record<string, Record<string, { minReplicas?: number }>> };
    assert.deepEqual(grown.config["agentic-flow:edge"], { minReplicas: 2 });
    assert.deepEqual(Object.keys(grown.config["agentic-flow:services"] ?? {}), ["agent", "bench-1"]);
    assert.equal(grown.config["agentic-flow:services"]?.["agent"]?.minReplicas, 2);
    assert.ok(Number(grown.config["agentic-flow:quota"]?.["pods"]) >= 1000);
  });
});
